using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Understudy.Failures;
using Understudy.Gateway.Tests.Support;
using Understudy.Observation;

namespace Understudy.Gateway.Tests.Telemetry;

/// <summary>What ships beside the program, held to what the program really tells.</summary>
public sealed partial class ShippedTests
{
    private const string Rules = "deploy/prometheus/understudy.rules.yml";
    private const string Dashboard = "deploy/grafana/understudy.json";
    private const string Page = "docs/telemetry.md";

    private static readonly string[] RuleTests = ["deploy/prometheus/understudy.rules.test.yml", "deploy/prometheus/understudy.burn.test.yml"];

    [Fact]
    public async Task Rules_AreRules()
    {
        Tool.Need("promtool");
        var (code, output) = await Tool.RunAsync("promtool", "", "check", "rules", "--lint-fatal", Repository.PathOf(Rules));
        Assert.True(code == 0, output);
    }

    [Fact]
    public async Task Rules_RingWhenTheyShould_AndOnlyThen()
    {
        Tool.Need("promtool");
        var (code, output) = await Tool.RunAsync("promtool", "", ["test", "rules", .. RuleTests.Select(Repository.PathOf)]);
        Assert.True(code == 0, output);
    }

    [Fact]
    public void EveryAlarm_HasATest_ASeverity_AndSaysWhatToDo()
    {
        var rules = Repository.Read(Rules);
        var tests = string.Concat(RuleTests.Select(Repository.Read));
        var alarms = Alert().Matches(rules).Select(match => match.Groups[1].Value).ToList();
        Assert.True(alarms.Count >= 15);
        Assert.All(alarms, alarm => Assert.Contains($"alertname: {alarm}", tests, StringComparison.Ordinal));
        Assert.Equal(alarms.Count, Regex.Count(rules, @"severity: (critical|warning)\b"));
        Assert.Equal(alarms.Count, Regex.Count(rules, @"\bdescription: "));
    }

    [Theory]
    [InlineData(Rules)]
    [InlineData("deploy/prometheus/understudy.rules.test.yml")]
    [InlineData(Dashboard)]
    public async Task EveryMetricThatIsNamed_IsThere(string file)
    {
        await using var stage = await MetricsTests.PricedAsync();
        await MetricsTests.LiveAsync(stage);
        var scrape = await MetricsTests.ScrapeAsync(stage);
        var there = scrape.Families.SelectMany(family => family.Value.Type == "histogram"
            ? [$"{family.Key}_bucket", $"{family.Key}_sum", $"{family.Key}_count"]
            : (string[])[family.Key]).ToHashSet();
        var named = MetricName().Matches(Repository.Read(file)).Select(match => match.Value).Distinct().ToList();
        Assert.True(named.Count > 5);
        Assert.Empty(named.Except(there));
    }

    [Theory]
    [InlineData(Rules)]
    [InlineData(Dashboard)]
    public void EveryResultAndOutcomeThatIsNamed_IsOne(string file)
    {
        var words = Enum.GetValues<FailureKind>().Select(Words.Of).Concat(Enum.GetValues<CallOutcome>().Select(Words.Of)).Append(CallMetrics.Ok).ToHashSet();
        var named = LabelValue().Matches(Repository.Read(file)).SelectMany(match => match.Groups[1].Value.Split('|')).Distinct().ToList();
        Assert.True(named.Count > 3);
        Assert.Empty(named.Except(words));
    }

    [Fact]
    public void Dashboard_IsOne()
    {
        var dashboard = JsonNode.Parse(Repository.Read(Dashboard))!;
        Assert.Equal("Understudy", (string)dashboard["title"]!);
        var panels = dashboard["panels"]!.AsArray().Where(panel => (string)panel!["type"]! != "row").ToList();
        Assert.True(panels.Count >= 12);
        Assert.Equal(dashboard["panels"]!.AsArray().Count, dashboard["panels"]!.AsArray().Select(panel => (int)panel!["id"]!).Distinct().Count());
        Assert.All(panels, panel =>
        {
            Assert.NotEmpty((string)panel!["title"]!);
            Assert.NotEmpty((string)panel["description"]!);
            Assert.NotEmpty(panel["targets"]!.AsArray());
            Assert.Equal("${datasource}", (string)panel["datasource"]!["uid"]!);
        });
    }

    /// <summary>Every query of the dashboard and of the rules is asked of promtool as a rule: it parses.</summary>
    [Fact]
    public async Task EveryQueryOfTheDashboard_IsAQuery()
    {
        Tool.Need("promtool");
        var queries = JsonNode.Parse(Repository.Read(Dashboard))!["panels"]!.AsArray().Where(panel => panel!["targets"] is not null)
            .SelectMany(panel => panel!["targets"]!.AsArray()).Select(target => (string)target!["expr"]!).ToList();
        var rules = new StringBuilder("groups:\n  - name: dashboard\n    rules:\n");
        for (var i = 0; i < queries.Count; i++)
        {
            rules.Append(CultureInfo.InvariantCulture, $"      - record: q{i}\n        expr: {System.Text.Json.JsonSerializer.Serialize(queries[i].Replace("$__rate_interval", "5m", StringComparison.Ordinal))}\n");
        }

        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, rules.ToString(), TestContext.Current.CancellationToken);
            var (code, output) = await Tool.RunAsync("promtool", "", "check", "rules", file);
            Assert.True(code == 0, output);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>The table of the page is made of a scrape. <c>UNDERSTUDY_ACCEPT=1</c> writes it anew.</summary>
    [Fact]
    public async Task TheTableOfThePage_IsWhatAScrapeSays()
    {
        // Money is told of where a price is known, an inbox where the policy has one.
        await using var stage = await MetricsTests.PricedAsync(policy => policy with
        {
            Routes = [.. policy.Routes.Select(route => route with { Ladder = [.. route.Ladder, new Understudy.Configuration.HumanRung()] })],
        });
        await MetricsTests.LiveAsync(stage);
        var scrape = await MetricsTests.ScrapeAsync(stage);
        var table = new StringBuilder("| metric | type | labels | what it tells |\n| --- | --- | --- | --- |\n");
        foreach (var (name, (type, help)) in scrape.Families.OrderBy(family => family.Key, StringComparer.Ordinal))
        {
            table.Append(CultureInfo.InvariantCulture, $"| `{name}` | {type} | {string.Join(", ", scrape.LabelsOf(name).Select(label => $"`{label}`"))} | {help} |\n");
        }

        Hold("metrics", table.ToString());
    }

    [Fact]
    public void TheResultsOfThePage_AreTheFailuresThatThereAre()
    {
        var table = new StringBuilder("| result | what it means |\n| --- | --- |\n| `ok` | it answered to the end |\n");
        foreach (var kind in Enum.GetValues<FailureKind>()) table.Append(CultureInfo.InvariantCulture, $"| `{Words.Of(kind)}` | {FailureWords.Of(kind)} |\n");
        Hold("results", table.ToString());
    }

    [Fact]
    public void ThePage_KnowsEveryAlarm()
    {
        var page = Repository.Read(Page);
        Assert.All(Alert().Matches(Repository.Read(Rules)).Select(match => match.Groups[1].Value), alarm => Assert.Contains($"`{alarm}`", page, StringComparison.Ordinal));
    }

    /// <summary>Holds a part of the page to what it should be, or writes it anew.</summary>
    private static void Hold(string part, string wanted)
    {
        var from = $"<!-- {part}: made by a test -->\n";
        lock (Page)
        {
            var page = Repository.Read(Page);
            var start = page.IndexOf(from, StringComparison.Ordinal) + from.Length;
            var end = page.IndexOf($"<!-- /{part} -->", StringComparison.Ordinal);
            if (Environment.GetEnvironmentVariable("UNDERSTUDY_ACCEPT") == "1") File.WriteAllText(Repository.PathOf(Page), page[..start] + wanted + page[end..]);
            else Assert.Equal(wanted, page[start..end]);
        }
    }

    [GeneratedRegex(@"^\s*- alert: (\w+)", RegexOptions.Multiline)]
    private static partial Regex Alert();

    [GeneratedRegex(@"(?<![\w:])understudy_[a-z_]+")]
    private static partial Regex MetricName();

    [GeneratedRegex(@"(?:result|outcome)[=!]=?~?\\?""([a-z_|]+)\\?""")]
    private static partial Regex LabelValue();
}
