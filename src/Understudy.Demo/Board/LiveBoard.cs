using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Understudy.CircuitBreaker;

namespace Understudy.Demo.Board;

/// <summary>The picture on a terminal: who is well, who serves, how each client fares, what happened.</summary>
/// <param name="console">The terminal.</param>
/// <param name="time">The time.</param>
internal sealed class LiveBoard(IAnsiConsole console, TimeProvider time) : IBoard
{
    /// <summary>Rows of the picture without the news.</summary>
    private const int RowsAbove = 20;
    private const int StateWidth = 15;
    private const int MostNews = 8;
    private const int LeastNews = 3;

    private static readonly TimeSpan DrawEvery = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    public Task ShowAsync(Scene scene, CancellationToken stop) => console.Live(Picture(scene)).AutoClear(false).StartAsync(async live =>
    {
        while (!stop.IsCancellationRequested)
        {
            live.UpdateTarget(Picture(scene));
            try
            {
                await Task.Delay(DrawEvery, time, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
        }

        live.UpdateTarget(Picture(scene));
    });

    private Rows Picture(Scene scene) => new(
        Heading(scene), Progress(scene), Text.Empty, Cast(scene), Text.Empty, Clients(scene), Text.Empty, Survived(scene), Text.Empty, News(scene));

    private static Rows Heading(Scene scene)
    {
        var phase = scene.Look();
        var when = new Paragraph()
            .Append(string.Create(CultureInfo.InvariantCulture, $"{scene.Clock:d MMMM yyyy, HH:mm} UTC  "), BoardStyle.Strong)
            .Append(phase.Name, phase.IsCalm ? BoardStyle.Good : BoardStyle.Bad)
            .Append(string.Create(CultureInfo.InvariantCulture, $"  ({scene.Pace.SpeedFactor:0} times faster)"), BoardStyle.Faint);
        return new Rows(when, new Text(phase.Says).Ellipsis());
    }

    private static Paragraph Progress(Scene scene)
    {
        const int Width = 76;
        var done = (int)(scene.Elapsed / scene.Outage.Duration * Width);
        var line = new Paragraph();
        for (var i = 0; i < Width; i++)
        {
            var calm = scene.Outage.PhaseAt(scene.Outage.Duration * i / Width).IsCalm;
            line.Append(i < done ? "━" : "─", i >= done ? BoardStyle.Faint : calm ? BoardStyle.Good : BoardStyle.Bad);
        }

        return line;
    }

    private static Table Cast(Scene scene)
    {
        var cast = scene.Stage.Cast;
        var rates = cast.ToDictionary(player => player.Name, player => scene.Chronicle.Served(player.Name));
        var serving = rates.MaxBy(rate => rate.Value.PerSecond) is { Value.PerSecond: > 0 } most ? most.Key : null;
        var table = Frame("provider", "model", "state", "answers", "per s", "");
        foreach (var player in cast)
        {
            var (all, perSecond) = rates[player.Name];
            table.AddRow(
                new Text(player.Name, BoardStyle.Of(player.Name)),
                new Text(player.Model),
                State(scene.BreakerOf(player)),
                Number(all),
                new Text(perSecond.ToString("0.0", CultureInfo.InvariantCulture)),
                new Text(player.Name == serving ? "◀ on stage" : "", BoardStyle.Of(player.Name)));
        }

        table.Columns[2].Width(StateWidth);
        return Aligned(table, 3, 4);
    }

    private static Text State(Breaker? breaker) => breaker is null ? new("○ in the wings", BoardStyle.Faint) : breaker.State switch
    {
        BreakerState.Closed => new("● well", BoardStyle.Good),
        BreakerState.HalfOpen => new(string.Create(CultureInfo.InvariantCulture, $"◐ {breaker.Share * 100:0} % of calls"), BoardStyle.Fair),
        BreakerState.Open => new(string.Create(CultureInfo.InvariantCulture, $"✕ out for {breaker.OpenFor.TotalSeconds:0.0} s"), BoardStyle.Bad),
    };

    private Table Clients(Scene scene)
    {
        var table = Frame("client", "answered", "waiting", "bad", "answered as time went by");
        foreach (var client in scene.Clients)
        {
            var score = client.Score;
            var bad = score.Errors + score.CutShownAsWhole + score.Wrong + score.Hanging;
            table.AddRow(
                new Text(client.Name, BoardStyle.Strong),
                new Text($"{score.Answered}/{score.Calls}"),
                Number(score.Waiting),
                Number(bad, bad > 0 ? BoardStyle.Bad : BoardStyle.Good),
                History.Of(client.Line, console.Profile.Capabilities.ColorSystem == ColorSystem.NoColors));
        }

        return Aligned(table, 1, 2, 3);
    }

    private static Rows Survived(Scene scene)
    {
        var survived = scene.Chronicle.Survived;
        var what = survived.Count == 0 ? "nothing yet" : string.Join(", ", survived.Select(pair => $"{pair.Value} {Words(pair.Key, pair.Value)}"));
        var carried = scene.Chronicle.Continued;
        return new Rows(
            new Paragraph().Append("Survived so far: ", BoardStyle.Strong).Append(what).Ellipsis(),
            new Text(carried == 0 ? "" : $"{carried} {(carried == 1 ? "answer" : "answers")} carried on after breaking off in the middle", BoardStyle.Good));
    }

    private static string Words(Mishap mishap, int count) => mishap switch
    {
        Mishap.Hang => "hang",
        Mishap.ServerError => "server error",
        Mishap.Overload => "overload",
        Mishap.BrokenAnswer => "broken answer",
        Mishap.Other => "other failure",
    } + (count == 1 ? "" : "s");

    private Rows News(Scene scene)
    {
        var shown = Math.Clamp(console.Profile.Height - RowsAbove, LeastNews, MostNews);
        var lines = scene.Events.Newest(shown)
            .Select(line => (IRenderable)new Text(string.Create(CultureInfo.InvariantCulture, $"{line.Clock:HH:mm}  {line.Text}"), BoardStyle.Of(line.Kind)).Ellipsis())
            .ToList();
        while (lines.Count < shown) lines.Add(Text.Empty); // the picture must not jump
        return new Rows(lines);
    }

    private static Text Number(int number, Style? style = null) => new(number.ToString("N0", CultureInfo.InvariantCulture), style);

    private static Table Frame(params string[] columns)
    {
        var table = new Table().Border(TableBorder.None);
        foreach (var column in columns) table.AddColumn(new TableColumn(new Text(column, BoardStyle.Faint)).NoWrap().Padding(0, 0, 2, 0));
        return table;
    }

    private static Table Aligned(Table table, params int[] numbers)
    {
        foreach (var column in numbers) table.Columns[column].RightAligned();
        return table;
    }
}
