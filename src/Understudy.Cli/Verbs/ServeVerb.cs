using System.CommandLine;
using System.Runtime.InteropServices;
using Understudy.Configuration;
using Understudy.Gateway;
using Understudy.Observation;
using Understudy.PolicyFile;

namespace Understudy.Cli.Verbs;

/// <summary><c>understudy serve</c>.</summary>
internal static class ServeVerb
{
    /// <summary>How long calls under way may go on after the program was told to stop.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Command Command()
    {
        var config = PolicySource.ConfigOption();
        var listen = new Option<string?>("--listen") { Description = "Address and port, e.g. 127.0.0.1:4600. Wins over the file and UNDERSTUDY_LISTEN." };
        var command = new Command("serve", "Runs the gateway.") { config, listen };
        command.SetAction((parsed, cancellationToken) => ServeAsync(PolicySource.PathOf(parsed.GetValue(config)), parsed.GetValue(listen), cancellationToken));
        return command;
    }

    private static async Task<int> ServeAsync(string? path, string? listen, CancellationToken cancellationToken)
    {
        if (PolicySource.Read(path) is not { } policy) return ExitCode.BadUsage;
        if (listen is not null)
        {
            if (ListenAddress.Mistake(listen, policy.Clients.Count > 0) is { } mistake)
            {
                Console.Error.WriteLine($"--listen: {mistake}");
                return ExitCode.BadUsage;
            }

            policy = policy with { Listen = listen };
        }

        var journal = new Journal();
        journal.Happened += happening => Console.Error.WriteLine($"{happening.At:HH:mm:ss} {happening.Text}");
        GatewayServer gateway;
        try
        {
            gateway = await GatewayServer.StartAsync(policy, new() { Journal = journal, InlineScheduling = true }, cancellationToken);
        }
        catch (IOException taken)
        {
            Console.Error.WriteLine($"Cannot listen on {policy.Listen}: {taken.InnerException?.Message ?? taken.Message}. Another program may use it; choose another with --listen.");
            return ExitCode.Failed;
        }

        await using (gateway)
        {
            Greet(gateway, policy);
            using var watcher = Watch(path, listen, gateway);
            await StopSignal(cancellationToken);
            Console.Error.WriteLine(gateway.InFlight == 0 ? "Stopping." : $"Stopping; {gateway.InFlight} calls under way may go on for {Patience.TotalSeconds:0} s.");
            var drained = await gateway.DrainAsync(Patience, CancellationToken.None);
            if (!drained) Console.Error.WriteLine("Some calls were cut off.");
            return drained ? ExitCode.Done : ExitCode.Failed;
        }
    }

    private static void Greet(GatewayServer gateway, Policy policy)
    {
        var address = gateway.BaseUrl.ToString().TrimEnd('/');
        Console.Error.WriteLine($"Understudy serves on {address} ({policy.Source})");
        foreach (var line in PolicySummary.Lines(policy)) Console.Error.WriteLine($"  {line}");
        Console.Error.WriteLine($"Point a client at it: ANTHROPIC_BASE_URL={address}  OPENAI_BASE_URL={address}/v1");
    }

    private static PolicyWatcher? Watch(string? path, string? listen, GatewayServer gateway)
    {
        if (path is null) return null;
        var watcher = new PolicyWatcher(path, PolicyEnvironment.System, TimeProvider.System);
        watcher.Changed += policy =>
        {
            gateway.Engine.Apply(listen is null ? policy : policy with { Listen = listen });
            Console.Error.WriteLine($"{path} was read again and is in force.");
        };
        watcher.Refused += mistakes =>
        {
            foreach (var mistake in mistakes) Console.Error.WriteLine(mistake);
            Console.Error.WriteLine($"{path} was changed but has mistakes; the old one stays in force.");
        };
        watcher.Start();
        return watcher;
    }

    /// <summary>Ends at Ctrl+C or at SIGTERM, which would otherwise end the program at once.</summary>
    private static async Task StopSignal(CancellationToken cancellationToken)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var cancelled = cancellationToken.UnsafeRegister(_ => stop.TrySetResult(), null);
        await stop.Task;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.TrySetResult();
        }
    }
}
