using System.Globalization;
using Spectre.Console;
using Understudy.Demo.Traffic;

namespace Understudy.Demo.Board;

/// <summary>Short lines as things happen, for pipes, logs and machines.</summary>
/// <param name="console">Where to.</param>
/// <param name="clients">Whose numbers are among them.</param>
/// <param name="countersEvery">How often.</param>
/// <param name="from">The position in the event log to begin at.</param>
/// <param name="time">The time.</param>
internal sealed class PlainBoard(IAnsiConsole console, IReadOnlyList<Tally> clients, TimeSpan countersEvery, int from, TimeProvider time) : IBoard
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private int _position = from;

    /// <inheritdoc/>
    public async Task ShowAsync(Scene scene, CancellationToken stop)
    {
        var counted = time.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            scene.Look();
            if (time.GetElapsedTime(counted) >= countersEvery)
            {
                counted = time.GetTimestamp();
                scene.Tell(LineKind.Counters, $"answered so far: {string.Join(", ", clients.Select(Counters))}");
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
        return string.Create(CultureInfo.InvariantCulture, $"{client.Name} {score.Answered}/{score.Calls}");
    }
}
