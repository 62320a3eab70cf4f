using System.Globalization;
using Spectre.Console;
using Understudy.Demo.Board;
using Understudy.Demo.Closing;
using Understudy.Demo.LastRungs;
using Understudy.Demo.Outage;
using Understudy.Demo.Staging;
using Understudy.Demo.Traffic;

namespace Understudy.Demo;

/// <summary>The demo: an outage in a minute, with and without Understudy.</summary>
public static class DemoShow
{
    private static readonly TimeSpan EncoreCountersEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan EncoreLength = TimeSpan.FromDays(365);

    /// <summary>Plays it.</summary>
    /// <param name="options">What the visitor asked for.</param>
    /// <param name="console">Where it is shown.</param>
    /// <param name="cancellationToken">Ctrl+C.</param>
    /// <returns>Whether no client of the gateway saw an error or a wrong answer, and all that was promised when no model answered was kept.</returns>
    public static async Task<bool> RunAsync(DemoOptions options, IAnsiConsole console, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(console);
        var time = options.Time;
        var pace = options.Fast ? Pace.Fast : Pace.Full;
        var outage = OutageScript.Load(pace.SpeedFactor);
        console.WriteLine("Understudy: the show goes on when your model goes down.", BoardStyle.Strong);
        console.WriteLine("Four simulated providers, a gateway, and the official SDKs as its clients.");
        console.WriteLine("It needs no keys, and nothing leaves this machine.");

        // 1. The rehearsal: nothing counts yet.
        var slowest = await Rehearsal.RunAsync(pace, time, cancellationToken);
        pace = pace.For(slowest);

        // 2. The stage, and beside it two clients without a gateway. The outage's clock starts with the Claudes.
        var plan = new StagePlan { Pace = pace, Listen = options.Listen, Script = outage.Script, Time = time };
        await using var stage = await Stage.RaiseAsync(plan, cancellationToken);
        await using var naive = await Unprotected.NaiveAsync(plan, new(outage.Duration, time), cancellationToken);
        await using var retrying = await Unprotected.RetryingAsync(plan, new(outage.Duration, time), cancellationToken);
        var behind = new Tally("With Understudy", new(outage.Duration, time), Providers.Seed);
        var scene = new Scene(outage, pace, stage, [behind, naive.Tally, retrying.Tally], time);
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Rehearsed: first words come within {slowest.TotalMilliseconds:0} ms here, so the gateway waits {pace.Patience.TotalSeconds:0.0} s."));
        console.WriteLine($"The gateway: {stage.Gateway.BaseUrl.ToString().TrimEnd('/')}");
        console.WriteLine($"The control room: {stage.Gateway.RoomWithTicketSensitive}");
        if (options.Browser) BrowserWindow.Open(stage.Gateway.RoomWithTicketSensitive);
        console.WriteLine();

        // 3. The show.
        using var anthropic = new AnthropicAsker(stage.Gateway.BaseUrl);
        IAsker[] askers = [anthropic, new OpenAIAsker(stage.Gateway.BaseUrl)];
        var prompts = new Prompts();
        using (var end = new CancellationTokenSource())
        {
            IBoard board = options.Live ? new LiveBoard(console, time) : new PlainBoard(console, scene.Clients, pace.CountersEvery, scene.Events.End, time);
            var shown = board.ShowAsync(scene, end.Token);
            try
            {
                await Task.WhenAll(
                    PlayAsync(new(askers, pace.GatewayRate, prompts, behind, time), outage.Duration, pace.GatewayGrace, time, cancellationToken),
                    PlayAsync(new([naive.Asker], pace.UnprotectedRate, prompts, naive.Tally, time), outage.Duration, pace.Grace, time, cancellationToken),
                    PlayAsync(new([retrying.Asker], pace.UnprotectedRate, prompts, retrying.Tally, time), outage.Duration, pace.Grace, time, cancellationToken));
            }
            finally
            {
                await end.CancelAsync();
                await shown;
            }
        }

        // 4. The reckoning.
        scene.EndScript();
        Account[] accounts =
        [
            Account.Of(behind, stage.Cast.Select(player => player.Provider.Stats)),
            Account.Of(naive.Tally, naive.Claude.Stats),
            Account.Of(retrying.Tally, retrying.Claude.Stats),
        ];
        Close(console, scene, accounts);

        // 5. The second act: nobody is left to stand in.
        var kept = await SecondAct.PlayAsync(stage, console, time, cancellationToken);

        // 6. The encore: the gateway stays, for the visitor to break things.
        if (!options.Exit) await EncoreAsync(console, scene, askers, prompts, time, cancellationToken);
        return accounts[0].Failed == 0 && kept;
    }

    /// <summary>The script's calls, and then the wait for what is under way.</summary>
    private static async Task PlayAsync(OpenLoop loop, TimeSpan length, TimeSpan grace, TimeProvider time, CancellationToken cancellationToken)
    {
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await loop.BeginCallsAsync(length, abandon.Token, cancellationToken);
            await loop.WaitForCallsAsync().WaitAsync(grace, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Those that are left hang: they are given up, and counted so.
        }

        await abandon.CancelAsync();
        await loop.WaitForCallsAsync();
    }

    private static void Close(IAnsiConsole console, Scene scene, IReadOnlyList<Account> accounts)
    {
        console.WriteLine();
        ClosingTable.Print(console, accounts);
        foreach (var note in Footnotes.Of(scene.Pace, scene.Outage)) console.WriteLine(note, BoardStyle.Faint);
        console.WriteLine();
        console.WriteLine(Conclusion.Of(scene.Outage.Trouble, accounts, scene.Chronicle), BoardStyle.Strong);
        TroubleList.Print(console, scene.Clients[0], scene.Chronicle);
    }

    private static async Task EncoreAsync(IAnsiConsole console, Scene scene, IReadOnlyList<IAsker> askers, Prompts prompts, TimeProvider time, CancellationToken cancellationToken)
    {
        var gateway = scene.Stage.Gateway.BaseUrl.ToString().TrimEnd('/');
        console.WriteLine();
        console.WriteLine($"The gateway stays up with {scene.Pace.EncoreRate:0} calls a second, until Ctrl+C. Point a client at it, with any key:");
        console.WriteLine($"  ANTHROPIC_BASE_URL={gateway}");
        console.WriteLine($"  OPENAI_BASE_URL={gateway}/v1");
        console.WriteLine("Take Claude down yourself, and bring it back:");
        console.WriteLine($"  curl -X PUT {scene.Stage.Claude.BaseUrl}_sim/faults -d '[{{\"kind\":\"hang\"}}]'");
        console.WriteLine($"  curl -X DELETE {scene.Stage.Claude.BaseUrl}_sim/faults");
        console.WriteLine();
        var tally = new Tally("the encore", new(EncoreLength, time), Providers.Seed);
        var calm = new OpenLoop(askers, scene.Pace.EncoreRate, prompts, tally, time);
        var board = new PlainBoard(console, [tally], EncoreCountersEvery, scene.Events.End, time).ShowAsync(scene, cancellationToken);
        try
        {
            await calm.BeginCallsAsync(EncoreLength, cancellationToken, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl+C: what it is for.
        }

        await board;
        await calm.WaitForCallsAsync();
    }
}
