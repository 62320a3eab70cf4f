using System.Text;

namespace Understudy.Drills.Reporting.Page;

/// <summary>The parts of the page that are words and numbers.</summary>
internal static class Sections
{
    public static void Opening(StringBuilder page, DrillReport report)
    {
        var engine = report.Strategies[0];
        page.Append($"""
            <header>
            <p class="eyebrow">Outage drill · {Text(report.Scenario.Id)}</p>
            <h1>{Text(report.Scenario.Title)}</h1>
            <p class="lead">{Headline(report, engine)}</p>
            <p class="facts">{Say.Minutes(report.Scenario.Minutes)} of outage at {Text(string.Join(" and ", report.Setup.Sick))} · {Say.Count(report.Setup.Calls)} calls of {Say.Count(report.Setup.Sessions)} sessions · {Text(report.Setup.Traffic)} · seed {report.Setup.Seed}</p>
            </header>

            """);
    }

    public static void Verdict(StringBuilder page, DrillReport report)
    {
        var engine = report.Strategies[0];
        var unanswered = engine.Failed + engine.Cut;
        page.Append("<section class=\"cards\">\n");
        var later = engine.Deferred + engine.Notices == 0 ? "" : $"; {Say.Count(engine.Deferred)} were put off, {Say.Count(engine.Notices)} got an honest word";
        Card(page, unanswered == 0 ? "good" : "bad", Say.Percent(Share(engine.Answered + engine.Degraded, engine.Calls)), "of calls answered whole", (unanswered == 0 ? $"none of {Say.Count(engine.Calls)} failed or was cut" : $"{Say.Count(engine.Failed)} failed, {Say.Count(engine.Cut)} were cut") + later);
        Card(page, engine.NoticedShare < 0.05 ? "good" : "bad", Say.Percent(engine.NoticedShare), "of users noticed", "an error, half an answer, or over 10 s to the first word");
        Card(page, engine.WastedShare < 0.01 ? "good" : "bad", Say.Percent(engine.WastedShare), "of paid tokens wasted", $"{Say.Dollars(engine.WastedUsd)} of {Say.Dollars(engine.Usd)}; a quiet day costs {Say.Dollars(report.Setup.NormalUsd)}");
        Card(page, "plain", Say.Detected(engine), "until it was detected", $"first bad outcome to breaker open; since a tenth went wrong: {Say.DetectedSinceIll(engine)}; {Say.Count(engine.BadUntilDetected)} requests had gone wrong");
        Card(page, "plain", Say.Alarm(engine), "until somebody was told", $"first bad outcome to the first alarm, by the default rules; {Say.Count(engine.AlarmsTold ?? 0)} in all");
        Card(page, "plain", engine.MinutesToReturn is { } back ? Say.Minutes(back) : "not yet", "to full return", "from the provider's recovery to all traffic back on it");
        Card(page, engine.RevenueLost == 0 ? "good" : "bad", Say.Dollars(engine.RevenueLost), "of revenue lost", Worst(report));
        page.Append("</section>\n");
    }

    public static void Comparison(StringBuilder page, DrillReport report)
    {
        page.Append("""
            <section>
            <h2>The same outage, by strategy</h2>
            <p class="note">The same calls, the same providers, the same fate for each call and attempt.</p>
            <div class="scroll"><table>
            <thead><tr><th></th><th>answered</th><th>failed</th><th>cut</th><th>hanging</th><th>first token<br><small>p50 · p99 · max</small></th><th>users who<br>noticed</th><th>attempts</th><th>tokens<br>wasted</th><th>money<br>wasted</th><th>detected<br><small>first bad · since ill</small></th><th>back after</th><th>quota gone</th><th>revenue lost</th></tr></thead>
            <tbody>

            """);
        foreach (var one in report.Strategies) Row(page, report, one);
        page.Append("</tbody></table></div>\n");
        if (report.Strategies[0].Rungs is { } rungs) Rungs(page, rungs);
        page.Append("<dl class=\"legend-words\">");
        foreach (var one in report.Strategies) page.Append($"<div><dt>{Text(one.Name)}</dt><dd>{Text(one.Words)}</dd></div>");
        page.Append("</dl>\n</section>\n");
    }

    private static void Rungs(StringBuilder page, RungsPart rungs)
    {
        page.Append("<h3>What each rung gave</h3>\n<div class=\"scroll\"><table class=\"phases\"><thead><tr><th>rung</th><th>calls</th><th>of them</th></tr></thead><tbody>");
        foreach (var (rung, calls, what) in Say.Rungs(rungs)) page.Append($"<tr><td>{Text(rung)}</td><td>{Say.Count(calls)}</td><td>{Text(what)}</td></tr>");
        page.Append("</tbody></table></div>\n");
    }

    public static void Method(StringBuilder page, DrillReport report)
    {
        page.Append("<section class=\"method\">\n<h2>How this was made</h2>\n<p>The engine of the gateway ran in virtual time, on the true bytes of each provider's protocol, against modelled providers. Everything above was computed in that run; the same seed gives the same report to the byte.</p>\n<ul>");
        foreach (var said in report.Assumptions) page.Append($"<li>{Text(said)}</li>");
        page.Append("</ul>\n<h3>The phases</h3>\n<div class=\"scroll\"><table class=\"phases\"><thead><tr><th>minute</th><th>phase</th><th>requests to the sick provider end in</th><th>evidence</th></tr></thead><tbody>");
        foreach (var phase in report.Scenario.Phases)
        {
            page.Append($"<tr><td>{Say.Count((long)phase.FromMinute)} – {Say.Count((long)phase.ToMinute)}</td><td>{Text(phase.Name)}</td><td>{Text(phase.Mix)}</td><td>{Text(phase.Evidence)}</td></tr>");
        }

        page.Append("</tbody></table></div>\n<h3>Who could serve</h3><ul>");
        foreach (var ladder in report.Setup.Ladders) page.Append($"<li>{Text(ladder)}</li>");
        page.Append($"</ul>\n<p class=\"facts\">{Text(report.Form)} · {Say.Count(report.Setup.Calls)} calls, {Say.Count(report.Setup.Streams)} of them streamed · {report.Setup.MinutesBefore:0} min before and {report.Setup.MinutesAfter:0} min after the outage are part of every number</p>\n</section>\n");
    }

    private static void Row(StringBuilder page, DrillReport report, StrategyPart one)
    {
        var answered = Share(one.Answered + one.Degraded, one.Calls);
        var first = one.FirstToken is { } token ? $"{Say.Seconds(token.P50)} · {Say.Seconds(token.P99)} · {Say.Seconds(token.Max)}" : "–";
        page.Append($"""
            <tr{(one == report.Strategies[0] ? " class=\"engine\"" : "")}><th scope="row">{Text(one.Name)}</th><td class="bar"><span class="fill" style="width:{Say.Pixel(100 * answered)}%"></span><b>{Say.Percent(answered)}</b></td>{Failed(one)}{Number(one.Cut)}{Number(one.Hanging)}<td>{first}</td><td>{Say.Percent(one.NoticedShare)}</td><td>{Say.Count(one.Attempts)}</td><td class="{(one.WastedShare < 0.01 ? "ok" : "no")}">{Say.Percent(one.WastedShare)}</td><td>{Say.Dollars(one.WastedUsd)}</td><td>{Say.Detected(one)} · {Say.DetectedSinceIll(one)}</td><td>{(one.MinutesToReturn is { } back ? Say.Minutes(back) : "not yet")}</td><td>{(one.MinutesToQuotaGone is { } gone ? Say.Minutes(gone) : "never")}</td><td class="{(one.RevenueLost == 0 ? "ok" : "no")}">{Say.Dollars(one.RevenueLost)}</td></tr>

            """);
    }

    private static string Failed(StrategyPart one) => $"<td class=\"{(one.Failed == 0 ? "ok" : "no")}\"{(one.Told.Count == 0 ? "" : $" title=\"told: {Say.Told(one)}\"")}>{Say.Count(one.Failed)}</td>";

    private static string Number(int count) => $"<td class=\"{(count == 0 ? "ok" : "no")}\">{Say.Count(count)}</td>";

    private static string Headline(DrillReport report, StrategyPart engine)
    {
        var unanswered = engine.Failed + engine.Cut;
        var start = unanswered == 0
            ? $"With Understudy, <strong>no call failed</strong> and {Say.Percent(engine.NoticedShare)} of users noticed."
            : $"With Understudy, <strong>{Say.Percent(Share(engine.Calls - unanswered, engine.Calls))} of calls were answered whole</strong>; {Say.Count(unanswered)} were not.";
        var others = report.Strategies.Skip(1).ToList();
        if (others.Count == 0) return start;
        var worst = others.MinBy(one => one.Answered + one.Degraded)!;
        var lost = worst.Failed + worst.Cut;
        return lost == 0 ? start : $"{start} With <em>{Text(worst.Name)}</em>, {Say.Count(lost)} of {Say.Count(worst.Calls)} calls got no whole answer.";
    }

    private static string Worst(DrillReport report)
    {
        var others = report.Strategies.Skip(1).ToList();
        var rate = $"at {Say.Dollars(report.Setup.RevenuePerHour)} an hour";
        if (others.Count == 0) return rate;
        var worst = others.MaxBy(one => one.RevenueLost)!;
        return $"{rate}; {Text(worst.Name)} lost {Say.Dollars(worst.RevenueLost)}";
    }

    private static void Card(StringBuilder page, string mood, string number, string what, string detail) =>
        page.Append($"<div class=\"card {mood}\"><div class=\"number\">{number}</div><div class=\"what\">{what}</div><div class=\"detail\">{detail}</div></div>\n");

    private static double Share(int part, int whole) => whole == 0 ? 0 : part / (double)whole;

    private static string Text(string text) => ReportPage.Text(text);
}
