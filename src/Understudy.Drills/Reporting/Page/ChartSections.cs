using System.Text;
using Understudy.Drills.Reporting.Page.Charts;
using Understudy.Drills.Scenarios;

namespace Understudy.Drills.Reporting.Page;

/// <summary>The parts of the page that are pictures.</summary>
internal static class ChartSections
{
    private const double Width = 1080;
    private const double Left = 52;

    /// <summary>Room for the names at the lines' ends.</summary>
    private const double Right = 150;

    /// <summary>Room at the right of a chart without names there: half a label of the axis.</summary>
    private const double Edge = 16;

    /// <summary>What the sick provider did: the record, not the run.</summary>
    public static void Outage(StringBuilder page, DrillReport report, Scenario scenario)
    {
        const double Top = 8;
        const double Height = 150;
        var axis = Axis(report, Edge);
        var minutes = Minutes(report);
        var outcomes = scenario.Phases.SelectMany(phase => Mixes(phase).SelectMany(mix => mix.Shares).Where(share => share.Share > 0).Select(share => share.Outcome)).Distinct()
            .OrderBy(outcome => outcome.IsGood ? 0 : 1).ThenBy(outcome => outcome.Kind).ThenBy(outcome => outcome.Status).ToList();
        var model = report.Setup.Ladders[0].Split(':')[0];
        var layers = outcomes.Select((outcome, i) => new Layer(outcome.Words, OutcomeColor(outcome), [.. Middles(minutes).Select(minute =>
            scenario.PhaseAt(minute)?.MixAt(minute, model).Of(outcome) ?? (outcome == Outcome.Ok ? 1 : 0))])).ToList();
        Figure(page, "outage", $"What {string.Join(" and ", report.Setup.Sick)} did", "Shares of outcomes at the sick provider, as the scenario has them.", Height + 60, Edge, svg =>
        {
            svg.Append(StackChart.Draw(axis, minutes, layers, Top, Height));
            axis.Draw(svg, Top, Top + Height);
            foreach (var phase in scenario.Phases.Where(phase => axis.X(phase.ToMinute) - axis.X(phase.FromMinute) > 70))
            {
                svg.Append($"""<text class="phase" x="{Say.Pixel((axis.X(phase.FromMinute) + axis.X(phase.ToMinute)) / 2)}" y="{Say.Pixel(Top + Height + 38)}" text-anchor="middle">{Shown(phase.Name, axis.X(phase.ToMinute) - axis.X(phase.FromMinute))}</text>""");
            }

            foreach (var phase in scenario.Phases) svg.Append($"""<line class="edge" x1="{Say.Pixel(axis.X(phase.FromMinute))}" y1="{Say.Pixel(Top)}" x2="{Say.Pixel(axis.X(phase.FromMinute))}" y2="{Say.Pixel(Top + Height + 44)}"/>""");
        }, Legend(layers));
    }

    /// <summary>Who served the engine's calls, and what its breakers did meanwhile.</summary>
    public static void WhoServed(StringBuilder page, DrillReport report)
    {
        const double Top = 8;
        const double Height = 190;
        const double Lane = 16;
        var engine = report.Strategies[0];
        var axis = Axis(report, Edge);
        var minutes = Minutes(report);
        var layers = Served(engine);
        var breakers = engine.Timeline.Breakers;
        Figure(page, "served", "Who served", "Understudy's calls by who answered them. Below: when each target's breaker was open.", Height + 40 + (breakers.Count * (Lane + 22)) + 6, Edge, svg =>
        {
            svg.Append(StackChart.Draw(axis, minutes, layers, Top, Height));
            foreach (var share in (double[])[0, 0.5, 1]) svg.Append($"""<text class="tick" x="{Say.Pixel(Left - 8)}" y="{Say.Pixel(Top + (Height * (1 - share)))}" dy="0.32em" text-anchor="end">{Say.Percent(share).Replace(".0", "", StringComparison.Ordinal)}</text>""");
            axis.Draw(svg, Top, Top + Height);
            for (var i = 0; i < breakers.Count; i++) BreakerLane(svg, axis, minutes, breakers[i], engine.Timeline.BinMinutes, Top + Height + 56 + (i * (Lane + 22)), Lane);
        }, Legend(layers));
    }

    /// <summary>A small picture for each rival.</summary>
    public static void Rivals(StringBuilder page, DrillReport report)
    {
        if (report.Strategies.Count < 2) return;
        page.Append("<section>\n<h2>Who served, strategy by strategy</h2>\n<p class=\"note\">Red is a call that got no whole answer.</p>\n<div class=\"grid-of-charts\">\n");
        var minutes = Minutes(report);
        foreach (var one in report.Strategies)
        {
            const double W = 340;
            const double H = 92;
            var axis = new TimeAxis(minutes[0], minutes[^1], 0, W);
            var svg = new StringBuilder();
            svg.Append(StackChart.Draw(axis, minutes, Served(one), 0, H));
            axis.Draw(svg, 0, H, most: 5);
            var answered = (one.Answered + one.Degraded) / (double)Math.Max(1, one.Calls);
            page.Append($"""<figure class="mini"><figcaption><b>{ReportPage.Text(one.Name)}</b><span>{Say.Percent(answered)}</span></figcaption><svg viewBox="0 0 {W} {H + 26}" role="img" aria-label="{ReportPage.Text(one.Name)}: {Say.Percent(answered)} answered">{svg}</svg></figure>""").Append('\n');
        }

        page.Append("</div>\n</section>\n");
    }

    /// <summary>How long people waited.</summary>
    public static void FirstToken(StringBuilder page, DrillReport report)
    {
        var lines = Lines(report, one => one.Timeline.FirstTokenP95.Select(value => value / 1000.0));
        var scale = new ValueScale(1000, [(0.1, "0.1 s"), (1, "1 s"), (10, "10 s"), (100, "100 s"), (1000, "1,000 s")], Log: 0.1);
        Plot(page, report, "first", "Time to the first token", "95th percentile of the calls that got one; seconds, on a logarithmic scale.", lines, scale);
    }

    /// <summary>What was paid for nothing.</summary>
    public static void Money(StringBuilder page, DrillReport report)
    {
        var lines = Lines(report, one => Sum(one.Timeline.WastedUsd));
        var scale = ValueScale.Linear(Math.Max(0.01, lines.Max(line => line.Values.Max())), value => Say.Dollars((decimal)value).Replace(".00", "", StringComparison.Ordinal));
        Plot(page, report, "money", "Money paid for nothing", $"Dollars billed for requests that ended in no whole answer, added up. All calls on a quiet day cost {Say.Dollars(report.Setup.NormalUsd)}.", lines, scale);
    }

    /// <summary>What was left of the sick account's rate limit.</summary>
    public static void Quota(StringBuilder page, DrillReport report)
    {
        var lines = Lines(report, one => one.Timeline.QuotaLeft);
        var scale = new ValueScale(1, [(0, "0 %"), (0.25, "25 %"), (0.5, "50 %"), (0.75, "75 %"), (1, "100 %")]);
        Plot(page, report, "quota", "Rate limit left at the sick account", $"The least that was left in each stretch, of {Say.Count(report.Setup.QuotaPerMinute)} tokens a minute.", lines, scale);
    }

    private static void Plot(StringBuilder page, DrillReport report, string id, string title, string note, IReadOnlyList<Line> lines, ValueScale scale)
    {
        const double Top = 10;
        const double Height = 230;
        var axis = Axis(report, Right);
        var minutes = Minutes(report);
        Figure(page, id, title, note, Height + 44, Right, svg =>
        {
            axis.Draw(svg, Top, Top + Height);
            LineChart.Grid(svg, axis, scale, Top, Height);
            LineChart.Draw(svg, axis, minutes, lines, scale, Top, Height);
        }, "");
    }

    private static void BreakerLane(StringBuilder svg, TimeAxis axis, IReadOnlyList<double> minutes, BreakerPart breaker, double binMinutes, double y, double height)
    {
        svg.Append($"""<rect class="lane" x="{Say.Pixel(axis.Left)}" y="{Say.Pixel(y)}" width="{Say.Pixel(axis.Width)}" height="{Say.Pixel(height)}" rx="3"/>""");
        for (var i = 0; i < breaker.OpenMinutes.Count; i++)
        {
            var share = Math.Min(1, breaker.OpenMinutes[i] / binMinutes);
            if (share <= 0) continue;
            svg.Append($"""<rect class="open" x="{Say.Pixel(axis.X(minutes[i]))}" y="{Say.Pixel(y)}" width="{Say.Pixel(axis.X(minutes[i + 1]) - axis.X(minutes[i]) + 0.3)}" height="{Say.Pixel(height)}" opacity="{Say.Pixel(0.15 + (0.85 * share))}"/>""");
        }

        svg.Append($"""<text class="name plain" x="{Say.Pixel(axis.Left)}" y="{Say.Pixel(y - 6)}">{ReportPage.Text(breaker.Target)}: breaker opened {breaker.Opened}×</text>""");
    }

    private static void Figure(StringBuilder page, string id, string title, string note, double height, double right, Action<StringBuilder> draw, string legend)
    {
        var svg = new StringBuilder();
        draw(svg);
        page.Append($"""
            <section>
            <h2>{ReportPage.Text(title)}</h2>
            <p class="note">{ReportPage.Text(note)}</p>
            {legend}
            <figure><svg class="chart" data-chart="{id}" data-left="{Say.Pixel(Left)}" data-width="{Say.Pixel(Width - Left - right)}" viewBox="0 0 {Say.Pixel(Width)} {Say.Pixel(height)}" role="img" aria-label="{ReportPage.Text(title)}">{svg}<line class="cross" y1="0" y2="{Say.Pixel(height - 30)}" visibility="hidden"/></svg></figure>
            </section>

            """);
    }

    private static string Legend(IReadOnlyList<Layer> layers) =>
        "<p class=\"legend\">" + string.Concat(layers.Where(layer => layer.Values.Any(value => value > 0)).Select(layer => $"<span><i class=\"{layer.Color}\"></i>{ReportPage.Text(layer.Name)}</span>")) + "</p>";

    private static List<Layer> Served(StrategyPart one)
    {
        var layers = one.Timeline.Served.Select((served, i) => new Layer(served.By, $"c{Math.Min(i, 5)}", [.. served.Calls.Select(count => (double)count)])).ToList();
        layers.Add(new("no whole answer", "bad", [.. one.Timeline.Failed.Select(count => (double)count)]));
        return layers;
    }

    private static List<Line> Lines(DrillReport report, Func<StrategyPart, IEnumerable<double>> values) =>
        [.. report.Strategies.Select((one, i) => new Line(ReportPage.Text(one.Name), $"s{Math.Min(i, 9)}", [.. values(one)]))];

    private static IEnumerable<double> Sum(IEnumerable<decimal> values)
    {
        var sum = 0m;
        foreach (var value in values) yield return (double)(sum += value);
    }

    private static TimeAxis Axis(DrillReport report, double right)
    {
        var minutes = Minutes(report);
        return new(minutes[0], minutes[^1], Left, Width - Left - right);
    }

    private static double[] Minutes(DrillReport report)
    {
        var timeline = report.Strategies[0].Timeline;
        return [.. Enumerable.Range(0, timeline.Calls.Count + 1).Select(i => timeline.FromMinute + (i * timeline.BinMinutes))];
    }

    private static IEnumerable<double> Middles(double[] minutes) => minutes.SkipLast(1).Zip(minutes.Skip(1), (from, to) => (from + to) / 2);

    private static IEnumerable<Mix> Mixes(ScenarioPhase phase)
    {
        yield return phase.Start;
        yield return phase.End;
        if (phase.Wave is { } wave)
        {
            yield return wave.Bad;
            yield return wave.Good;
        }

        foreach (var (_, mix) in phase.PerModel) yield return mix;
    }

    private static string OutcomeColor(Outcome outcome) => outcome.Kind switch
    {
        OutcomeKind.Ok => "o-ok",
        OutcomeKind.Slow or OutcomeKind.StallThenOk => "o-slow",
        OutcomeKind.Hang or OutcomeKind.StreamStall => "o-hang",
        OutcomeKind.Status => outcome.Status switch { 429 => "o-429", 401 or 400 => "o-lie", 500 => "o-500", _ => "o-503" },
        OutcomeKind.ConnectionRefused or OutcomeKind.NameNotFound => "o-net",
        OutcomeKind.StreamCut or OutcomeKind.StreamError => "o-cut",
        OutcomeKind.Garbled => "o-lie",
    };

    private static string Shown(string name, double pixels)
    {
        var most = (int)(pixels / 6.2);
        return ReportPage.Text(name.Length <= most ? name : name[..Math.Max(1, most - 1)] + "…");
    }
}
