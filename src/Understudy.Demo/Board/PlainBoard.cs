using System.Globalization;
using Spectre.Console;
using Understudy.Demo.Traffic;

namespace Understudy.Demo.Board;

/// <summary>Short lines as things happen, for pipes, logs and machines.</summary>
/// <param name="console">Where to.</param>
/// <param name="countersEvery">How often the numbers so far are among them.</param>
/// <param name="time">The time.</param>
internal sealed class PlainBoard(IAnsiConsole console, TimeSpan countersEvery, TimeProvider time) : IBoard
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private int _position;

    /// <inheritdoc/>
    public async Task ShowAsync(Scene scene, CancellationToken stop)
    {
        var counted = time.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            _ = scene.Phase;
            if (time.GetElapsedTime(counted) >= countersEvery)
            {
                counted = time.GetTimestamp();
                scene.Tell(LineKind.Counters, string.Join(" | ", scene.Clients.Select(Counters)));
            }

            Print(scene);
            try
            {
                await Task.Delay(LookEvery, time, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
        }

        Print(scene);
    }

    private void Print(Scene scene)
    {
        foreach (var line in scene.Events.Since(ref _position)) console.WriteLine(Words(line), BoardStyle.Of(line.Kind));
    }

    private static string Words(Line line) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(line.Clock is { } clock ? $"{clock:HH:mm}" : "     ")} {(line.Kind == LineKind.Phase ? "==" : "  ")} {line.Text}");

    private static string Counters(Tally client)
    {
        var score = client.Score;
        var bad = score.Errors + score.CutShownAsWhole + score.Wrong + score.Hanging;
        return string.Create(CultureInfo.InvariantCulture, $"{client.Name}: {score.Answered} of {score.Calls} answered, {score.Waiting} waiting, {bad} bad");
    }
}
