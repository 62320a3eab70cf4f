using Spectre.Console;

namespace Understudy.Drills.Reporting;

/// <summary>The report for a terminal.</summary>
public static class ReportTable
{
    private static readonly Style Good = new(Color.Green);
    private static readonly Style Bad = new(Color.Red);
    private static readonly Style Quiet = new(Color.Grey);
    private static readonly Style Strong = new(decoration: Decoration.Bold);

    /// <summary>Prints it.</summary>
    public static void Print(IAnsiConsole console, DrillReport report)
    {
        console.Write(new Text($"{report.Scenario.Id}: {report.Scenario.Title}\n", Strong));
        console.Write(new Text($"{Say.Minutes(report.Scenario.Minutes)} of outage at {string.Join(" and ", report.Setup.Sick)}; {Say.Count(report.Setup.Calls)} calls, seed {report.Setup.Seed}\n", Quiet));
        foreach (var ladder in report.Setup.Ladders) console.Write(new Text($"{ladder}\n", Quiet));
        console.Write(Outcomes(report));
        if (report.Strategies[0].Rungs is { } rungs) console.Write(Rungs(rungs));
        console.Write(Costs(report));
        foreach (var line in Footnotes(report)) console.Write(new Text(line + "\n", Quiet));
    }

    private static Table Outcomes(DrillReport report)
    {
        var table = NewTable("what users saw", "answered", "failed", "cut", "hanging", "p50", "p95", "p99", "max", "noticed");
        foreach (var one in report.Strategies)
        {
            var first = one.FirstToken;
            table.AddRow(
                Name(one, report),
                Cell(Say.Percent(Ratio(one.Answered + one.Degraded, one.Calls)), one.Failed + one.Cut == 0 ? Good : null),
                Cell(Say.Count(one.Failed), one.Failed > 0 ? Bad : Good),
                Cell(Say.Count(one.Cut), one.Cut > 0 ? Bad : Good),
                Cell(Say.Count(one.Hanging), one.Hanging > 0 ? Bad : Good),
                Cell(first is null ? "-" : Say.Seconds(first.P50)),
                Cell(first is null ? "-" : Say.Seconds(first.P95)),
                Cell(first is null ? "-" : Say.Seconds(first.P99)),
                Cell(first is null ? "-" : Say.Seconds(first.Max)),
                Cell(Say.Percent(one.NoticedShare)));
        }

        return table;
    }

    private static Table Rungs(RungsPart rungs)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn(new TableColumn(new Text("what each rung gave", Strong)).NoWrap()).AddColumn(new TableColumn("calls").RightAligned().NoWrap()).AddColumn("of them");
        foreach (var (rung, calls, what) in Say.Rungs(rungs)) table.AddRow(Cell(rung), Cell(Say.Count(calls)), Cell(what, Quiet));
        return table;
    }

    private static Table Costs(DrillReport report)
    {
        var table = NewTable("what it cost", "attempts", "wasted", "billed", "of it wasted", "lost", "detected", "since ill", "alarm", "returned", "quota gone");
        foreach (var one in report.Strategies)
        {
            table.AddRow(
                Name(one, report),
                Cell(Say.Count(one.Attempts)),
                Cell(Say.Percent(one.WastedShare), one.WastedShare < 0.01 ? Good : Bad),
                Cell(Say.Dollars(one.Usd)),
                Cell(Say.Dollars(one.WastedUsd)),
                Cell(Say.Dollars(one.RevenueLost), one.RevenueLost == 0 ? Good : Bad),
                Cell(Say.Detected(one)),
                Cell(Say.DetectedSinceIll(one)),
                Cell(Say.Alarm(one)),
                Cell(one.MinutesToReturn is { } back ? Say.Minutes(back) : "not yet"),
                Cell(one.MinutesToQuotaGone is { } gone ? $"after {Say.Minutes(gone)}" : "never"));
        }

        return table;
    }

    private static IEnumerable<string> Footnotes(DrillReport report)
    {
        var engine = report.Strategies[0];
        yield return "p50 … max: time to the first token. noticed: sessions with an error, half an answer or more than 10 s to a first token. wasted: billed tokens that bought no whole answer. "
            + "lost: revenue of unanswered calls. detected: from the first bad outcome until calls were kept from the sick target; since ill: from when a tenth of what was asked of it went wrong. alarm: until somebody was told (n/a: it has no alarms). returned: from recovery until the primary served at least 95 % again.";
        yield return $"understudy: {Say.Count(engine.Continued ?? 0)} cut answers were continued; {Say.Count(engine.ReadBack ?? 0)} answers were read back as a client reads them, {Say.Count(engine.ReadWrong ?? 0)} of them wrong; at most {engine.MostAttempts} attempts a call.";
        foreach (var one in report.Strategies.Where(one => one.Told.Count > 0)) yield return $"{one.Name}: clients without a whole answer were told: {Say.Told(one)}.";
        foreach (var one in report.Strategies)
        {
            if (one is { Name: "retry-5x1s" or "exponential", GaveUpAfterSeconds: { } after, OutageLeftSeconds: > 0 and { } left })
            {
                yield return $"{one.Name}: gave up after {Say.Seconds((int)(after * 1000))} in the median, the first time with {Say.Count((long)left)} s of outage to go.";
            }
        }

        if (engine.WrongUnseen > 0) yield return $"{Say.Count(engine.WrongUnseen)} whole answers said something wrong, and nothing on the wire tells of it: no strategy here sees that.";
    }

    private static Table NewTable(string title, params string[] columns)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn(new TableColumn(new Text(title, Strong)).NoWrap());
        foreach (var column in columns) table.AddColumn(new TableColumn(new Text(column)).RightAligned().NoWrap());
        return table;
    }

    private static Text Name(StrategyPart one, DrillReport report) => new(one.Name, one == report.Strategies[0] ? Strong : null);

    private static Text Cell(string text, Style? style = null) => new(text, style);

    private static double Ratio(int part, int whole) => whole == 0 ? 0 : part / (double)whole;
}
