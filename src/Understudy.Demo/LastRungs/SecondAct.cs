using System.Globalization;
using Spectre.Console;
using Understudy.Demo.Board;
using Understudy.Demo.Staging;
using Understudy.Demo.Traffic;

namespace Understudy.Demo.LastRungs;

/// <summary>
/// The second act: every model is down at once. Four callers, with four routes, are each given what is left on their
/// ladder, and what was put off is done when the models are back.
/// </summary>
internal static class SecondAct
{
    private const int ShownOfAnswer = 64;

    /// <summary>Plays it.</summary>
    /// <returns>Whether each caller got what their ladder promises.</returns>
    public static async Task<bool> PlayAsync(Stage stage, IAnsiConsole console, TimeProvider time, CancellationToken cancellationToken)
    {
        using var asker = new AnthropicAsker(stage.Gateway.BaseUrl);
        using var boxOffice = new BoxOffice(stage.Gateway.Engine.Inboxes, time);
        console.WriteLine();
        console.WriteLine("The second act: all four providers are down, and nobody is left to stand in.", BoardStyle.Strong);

        // 1. While all is well: the answer that will be good later.
        await Caller.AskedBefore.AskAsync(asker, time, cancellationToken);

        // 2. Nobody answers.
        foreach (var player in stage.Cast) player.Provider.Faults.Set([new() { Kind = "status", Code = 529 }]);
        var asked = await Task.WhenAll(Caller.All.Select(caller => caller.AskAsync(asker, time, cancellationToken)));

        // 3. They are back: nobody asks again, and what was promised is done.
        foreach (var player in stage.Cast) player.Provider.Faults.Clear();
        var promise = asked.Single(one => one.Call.Route == Caller.CanWait.Route).Call.DeferredId;
        var later = promise is null ? null : await DeferredAnswer.WaitAsync(stage.Gateway.BaseUrl, promise, time, cancellationToken);
        Print(console, asked);
        console.WriteLine(later is { } waited
            ? string.Create(CultureInfo.InvariantCulture, $"What was put off was answered {waited.TotalSeconds:0.0} s after the models were back, without being asked again: GET /v1/deferred/{promise}")
            : "What was put off was not answered in time.");
        console.WriteLine("The person is played by this demo. In the control room anybody can be one.", BoardStyle.Faint);
        return later is not null && asked.All(one => one is { Error: null, Call.Degraded: true });
    }

    private static void Print(IAnsiConsole console, IReadOnlyList<(ClientCall Call, string? Error)> asked)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("asked").AddColumn("served by").AddColumn("which is").AddColumn("got");
        foreach (var (caller, (call, error)) in Caller.All.Zip(asked))
        {
            table.AddRow(
                new Text(caller.Asks),
                new Text(call.ServedBy ?? "nobody", call.Degraded ? BoardStyle.Good : BoardStyle.Bad),
                new Text(caller.Gets),
                error is null ? new Text(Beginning(call.Text)) : new Text(error, BoardStyle.Bad));
        }

        console.Write(table);
        console.WriteLine("Each is a whole, well-formed answer to the SDK, and each is marked: x-understudy-degraded: true.", BoardStyle.Faint);
    }

    private static string Beginning(string text) => text.Length <= ShownOfAnswer ? text : string.Concat(text.AsSpan(0, ShownOfAnswer).TrimEnd(), "…");
}
