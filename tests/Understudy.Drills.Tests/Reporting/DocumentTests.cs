using System.Text;
using Understudy.Drills.Reporting;
using Understudy.Drills.Scenarios;
using Understudy.Drills.Strategies.Rivals;

namespace Understudy.Drills.Tests.Reporting;

/// <summary>
/// The tables in the documents are what the drill says. With <c>UNDERSTUDY_ACCEPT=1</c> a run writes them anew: read the
/// difference before it is committed.
/// </summary>
public sealed class DocumentTests
{
    /// <summary>Low, so that the test is quick; the tables say so.</summary>
    private const double Rate = 0.5;

    private const int MostCalls = 3000;

    [Fact]
    public void Scenarios_InTheDocumentAreAsTheyRun()
    {
        var table = new StringBuilder("""
            | scenario | lasts | calls | answered | failed or cut | first token p99 | noticed | wasted | detected | since ill | alarm | back after | retry-5x1s answered | sequential-fallback answered, noticed |
            | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |

            """);
        foreach (var scenario in ScenarioCatalogue.All)
        {
            var length = TimeSpan.FromMinutes(scenario.Minutes + 65);
            var report = Run(scenario.Id, Math.Min(Rate, Math.Round(MostCalls / length.TotalSeconds, 4)), ["retry-5x1s", "sequential-fallback"]);
            var (engine, retry, sequential) = (report.Strategies[0], report.Strategies[1], report.Strategies[2]);
            table.Append($"| `{scenario.Id}` | {Say.Minutes(scenario.Minutes)} | {Say.Count(engine.Calls)} | {Answered(engine)} | {Say.Count(engine.Failed + engine.Cut)} | {Say.Seconds(engine.FirstToken!.P99)} | {Say.Percent(engine.NoticedShare)} | {Say.Percent(engine.WastedShare)} | {Say.Detected(engine)} | {Say.DetectedSinceIll(engine)} | {Say.Alarm(engine)} | {(engine.MinutesToReturn is { } back ? Say.Minutes(back) : "not yet")} | {Answered(retry)} | {Answered(sequential)}, {Say.Percent(sequential.NoticedShare)} |\n");
        }

        Same("docs/drills.md", "scenarios", table.ToString());
    }

    [Fact]
    public void Headline_InTheReadmeIsAsItRuns()
    {
        var report = Run("claude-2026-06-02", 1, RivalCatalogue.Names);
        var table = new StringBuilder("""
            | 2 June 2026, 5 h 45 min | answered | failed | cut | first token p50 · p99 | users who noticed | tokens wasted | money wasted |
            | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |

            """);
        foreach (var one in report.Strategies)
        {
            var name = one == report.Strategies[0] ? "**Understudy**" : $"`{one.Name}`";
            table.Append($"| {name} | {Answered(one)} | {Say.Count(one.Failed)} | {Say.Count(one.Cut)} | {Say.Seconds(one.FirstToken!.P50)} · {Say.Seconds(one.FirstToken.P99)} | {Say.Percent(one.NoticedShare)} | {Say.Percent(one.WastedShare)} | {Say.Dollars(one.WastedUsd)} |\n");
        }

        Same("README.md", "drill", table.ToString());
    }

    [Fact]
    public void Rungs_InTheDocumentAreAsTheyGave()
    {
        var report = RungsDrill.Report(Rate);
        var table = new StringBuilder("""
            | rung | calls | of them |
            | --- | ---: | --- |

            """);
        foreach (var (rung, calls, what) in Say.Rungs(report.Strategies[0].Rungs!)) table.Append($"| {rung} | {Say.Count(calls)} | {what} |\n");
        Same("docs/drills.md", "rungs", table.ToString());
    }

    private static DrillReport Run(string scenario, double rate, IReadOnlyList<string> against)
    {
        var setup = DrillPlanner.Plan(new() { Scenario = scenario, Rate = rate, Against = against }, out _)!;
        return ReportBuilder.Build(setup, Drill.Run(setup, against));
    }

    private static string Answered(StrategyPart one) => Say.Percent((one.Answered + one.Degraded) / (double)one.Calls);

    private static void Same(string document, string name, string actual)
    {
        var path = Path.Combine(Rehearsal.Root, document);
        var text = File.ReadAllText(path);
        var (begin, end) = ($"<!-- {name}: generated -->\n", $"<!-- {name}: end -->");
        var from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        var to = text.IndexOf(end, StringComparison.Ordinal);
        Assert.True(from >= begin.Length && to >= from, $"{document} has no place for the table '{name}'");
        if (Environment.GetEnvironmentVariable("UNDERSTUDY_ACCEPT") == "1") File.WriteAllText(path, text[..from] + actual + text[to..]);
        else Assert.Equal(actual, text[from..to]);
    }
}
