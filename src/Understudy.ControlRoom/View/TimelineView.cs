using System.Globalization;
using System.Text;
using Understudy.Configuration;
using Understudy.ControlRoom.Feed;
using Understudy.Observation;

namespace Understudy.ControlRoom.View;

/// <summary>How far back the timeline looks.</summary>
internal sealed record TimelineRange(string Name, string Words, TimeSpan Span, TimeSpan Column)
{
    public static IReadOnlyList<TimelineRange> All { get; } =
    [
        new("2 min", "two minutes", TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(1)),
        new("15 min", "quarter of an hour", TimeSpan.FromMinutes(15), TimeSpan.FromSeconds(10)),
        new("1 h", "hour", TimeSpan.FromHours(1), TimeSpan.FromMinutes(1)),
        new("6 h", "six hours", TimeSpan.FromHours(6), TimeSpan.FromMinutes(3)),
        new("24 h", "day", TimeSpan.FromHours(24), TimeSpan.FromMinutes(12)),
    ];
}

/// <summary>The picture of the last hours: who served, what failed, and what happened.</summary>
/// <param name="Bands">Who served, one band each, from the bottom up.</param>
/// <param name="Failed">Calls without an answer, on top, as a path; empty for none.</param>
/// <param name="FailedCalls">How many those were.</param>
/// <param name="Rescued">Calls that were answered although an attempt had failed, below the line, as a path; empty for none.</param>
/// <param name="RescuedCalls">How many those were.</param>
/// <param name="Marks">What happened, and where on the line from 0 to <see cref="Width"/>.</param>
/// <param name="Peak">Calls a second at the top of the picture.</param>
/// <param name="From">Where it begins.</param>
/// <param name="Until">Where it ends.</param>
/// <param name="Summary">All of it in a sentence, for those who do not see it.</param>
internal sealed record TimelineView(IReadOnlyList<Band> Bands, string Failed, int FailedCalls, string Rescued, int RescuedCalls, IReadOnlyList<TimelineMark> Marks, double Peak, DateTimeOffset From, DateTimeOffset Until, string Summary)
{
    public const int Width = 1000;
    public const int Height = 200;

    private const int Below = 16;

    /// <summary>Draws it.</summary>
    public static TimelineView Read(RoomSources sources, TimelineRange range, DateTimeOffset now)
    {
        // Columns stand still while the time goes on: only the last one changes.
        var until = new DateTimeOffset((now.Ticks / range.Column.Ticks + 1) * range.Column.Ticks, TimeSpan.Zero);
        var from = until - range.Span;
        var columns = new Column[(int)(range.Span / range.Column)];
        void Add(Slice slice)
        {
            var at = (int)((slice.At - from) / range.Column);
            if (at >= 0 && at < columns.Length) (columns[at] ??= new()).Add(slice);
        }

        if (range.Column < TimeSpan.FromMinutes(1)) sources.Feed.Seconds(range.Span, Add);
        else sources.Feed.Minutes(range.Span, Add);

        var peak = Math.Max(1, columns.Max(column => column is null ? 0 : column.Total));
        var policy = sources.Engine.Model.Policy;
        var names = sources.Feed.LaneNames();
        var bands = new List<Band>();
        var floor = new double[columns.Length];
        foreach (var (name, lane) in names.Select((name, lane) => (name, lane)).OrderBy(one => OrderOf(policy, one.name)))
        {
            var path = Stack(columns, floor, peak, column => column.Served[lane], out var sum);
            if (sum > 0) bands.Add(new(name, LaneStyle.Of(policy, name), path, sum));
        }

        var failed = Stack(columns, floor, peak, column => column.Failed, out var lost);
        var marks = Between(sources, from, until);
        var rescued = Hang(columns, peak, out var saved);
        return new(bands, failed, lost, rescued, saved, marks, peak / range.Column.TotalSeconds, from, until, Words(range, bands, lost, saved, marks));
    }

    private static int OrderOf(Policy policy, string lane)
    {
        for (var i = 0; i < policy.Providers.Count; i++)
        {
            if (policy.Providers[i].Name == lane) return i;
        }

        return int.MaxValue;
    }

    private static string Stack(Column?[] columns, double[] floor, double peak, Func<Column, int> count, out int sum)
    {
        var path = new StringBuilder();
        var width = Width / (double)columns.Length;
        sum = 0;
        for (var i = 0; i < columns.Length; i++)
        {
            if (columns[i] is not { } column || count(column) is not (> 0 and var number)) continue;
            sum += number;
            var height = number / peak * Height;
            path.Append(CultureInfo.InvariantCulture, $"M{i * width:0.#} {Height - floor[i]:0.#}v{-height:0.#}h{width * 0.86:0.#}v{height:0.#}z");
            floor[i] += height;
        }

        return path.ToString();
    }

    private static string Hang(Column?[] columns, double peak, out int sum)
    {
        var path = new StringBuilder();
        var width = Width / (double)columns.Length;
        sum = 0;
        for (var i = 0; i < columns.Length; i++)
        {
            if (columns[i] is not { Rescued: > 0 and var number }) continue;
            sum += number;
            path.Append(CultureInfo.InvariantCulture, $"M{i * width:0.#} {Height + 3}v{Math.Clamp(number / peak * Below, 3, Below):0.#}h{width * 0.86:0.#}V{Height + 3}z");
        }

        return path.ToString();
    }

    private static List<TimelineMark> Between(RoomSources sources, DateTimeOffset from, DateTimeOffset until) =>
    [
        .. sources.Feed.Marks(200).Where(mark => mark.At >= from && mark.At < until && MarkTone.Of(mark) is not Tone.Plain)
            .Select(mark => new TimelineMark((mark.At - from) / (until - from) * Width, MarkTone.Of(mark), mark.Text)),
    ];

    private static string Words(TimelineRange range, List<Band> bands, int lost, int saved, List<TimelineMark> marks) =>
        $"In the last {range.Words}: {(bands.Count == 0 ? "no calls" : string.Join(", ", bands.Select(band => $"{band.Name} answered {Show.Count(band.Calls)}")))}; {Show.Count(lost)} without an answer; {Show.Count(saved)} rescued; {marks.Count} changes of state.";

    private sealed class Column
    {
        public int[] Served { get; } = new int[Lanes.Most];

        public int Failed { get; private set; }

        public int Rescued { get; private set; }

        public int Total { get; private set; }

        public void Add(Slice slice)
        {
            for (var lane = 0; lane < Served.Length; lane++) Served[lane] += slice.Lane(lane).Served;
            Failed += slice.Failed;
            Rescued += slice.Rescued;
            Total += slice.Answered + slice.Failed;
        }
    }
}

/// <summary>One server's part of the picture.</summary>
/// <param name="Name">Who.</param>
/// <param name="Lane">The colour.</param>
/// <param name="Path">The shape.</param>
/// <param name="Calls">How many calls.</param>
internal sealed record Band(string Name, string Lane, string Path, int Calls);

/// <summary>Something that happened.</summary>
/// <param name="X">Where.</param>
/// <param name="Tone">What kind.</param>
/// <param name="Text">What.</param>
internal sealed record TimelineMark(double X, Tone Tone, string Text);

/// <summary>What a happening means for the house.</summary>
internal static class MarkTone
{
    public static Tone Of(Happening mark) => mark.Kind switch
    {
        "kill" or "drain" or "revive" or "purge" or "reload" or "pin" or "chaos" => Tone.Ordered,
        "breaker" when mark.Text.EndsWith("is well again", StringComparison.Ordinal) => Tone.Well,
        "breaker" when mark.Text.Contains(" is being tried ", StringComparison.Ordinal) => Tone.Strained,
        "alarm" when mark.Text.Contains(" is over after ", StringComparison.Ordinal) => Tone.Well,
        "alarm" when mark.Text.Contains(" was acknowledged by ", StringComparison.Ordinal) => Tone.Ordered,
        "breaker" or "bug" or "alarm" => Tone.Sick,
        "budget" or "store" => Tone.Strained,
        _ => Tone.Plain,
    };
}
