using System.Globalization;
using System.Text.RegularExpressions;
using Understudy.Drills.Reporting;
using Understudy.Drills.Reporting.Page;

namespace Understudy.Drills.Tests.Reporting;

public sealed class ReportTests
{
    [Fact]
    public void SameSeed_SameBytes_InAnyCulture()
    {
        var (json, page) = Make(seed: 5);
        var before = CultureInfo.CurrentCulture;
        try
        {
            var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            comma.NumberFormat.NumberDecimalSeparator = ",";
            comma.NumberFormat.NumberGroupSeparator = ".";
            comma.NumberFormat.NegativeSign = "~";
            CultureInfo.CurrentCulture = comma;
            Assert.Equal((json, page), Make(seed: 5));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        Assert.NotEqual(json, Make(seed: 6).Json);
    }

    [Fact]
    public void Json_ReadsBackAsItWasWritten()
    {
        var (json, _) = Make(seed: 1);
        Assert.Equal(json, ReportJson.Write(ReportJson.Read(json)!));
        Assert.DoesNotContain("\r", json, StringComparison.Ordinal);
        Assert.EndsWith("}\n", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_AddUp()
    {
        var report = ReportJson.Read(Make(seed: 1).Json)!;
        foreach (var one in report.Strategies)
        {
            Assert.Equal(report.Setup.Calls, one.Calls);
            Assert.Equal(one.Calls, one.Answered + one.Degraded + one.Deferred + one.Notices + one.Failed + one.Cut);
            Assert.Equal(one.Calls, one.Timeline.Calls.Sum());
            Assert.Equal(one.Failed + one.Cut, one.Timeline.Failed.Sum());
            Assert.Equal(one.Answered + one.Degraded, one.Timeline.Served.Sum(served => served.Calls.Sum()));
            Assert.Equal(one.Usd, one.Timeline.Usd.Sum(), 1);
            Assert.Equal(one.WastedUsd, one.Timeline.WastedUsd.Sum(), 1);
            Assert.True(one.TokensWasted <= one.TokensBilled);
        }
    }

    [Fact]
    public void Page_NeedsNothingElse()
    {
        var page = Make(seed: 1).Page;
        Assert.DoesNotMatch(new Regex(@"(src|href)\s*=|url\(|@import|https?://", RegexOptions.IgnoreCase), page);
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Infinity", page, StringComparison.Ordinal);
        Assert.Equal(Count(page, "<section"), Count(page, "</section>"));
        Assert.Equal(Count(page, "<svg"), Count(page, "</svg>"));
        Assert.Equal(Count(page, "<figure"), Count(page, "</figure>"));
        Assert.Contains("@media print", page, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme: dark", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0 %")]
    [InlineData(1, "100 %")]
    [InlineData(0.00001, "< 0.01 %")]
    [InlineData(0.99999, "> 99.99 %")]
    [InlineData(0.0049, "0.49 %")]
    [InlineData(0.9985, "99.85 %")]
    [InlineData(0.25, "25.0 %")]
    public void Percent_NeverRoundsToNothingOrAll(double share, string said) => Assert.Equal(said, Say.Percent(share));

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(0.5, "30 s")]
    [InlineData(5.84, "5.8 min")]
    [InlineData(109, "109 min")]
    [InlineData(345, "5 h 45 min")]
    [InlineData(360, "6 h")]
    [InlineData(63360, "44 days")]
    public void Minutes_ReadAsPeopleSayThem(double minutes, string said) => Assert.Equal(said, Say.Minutes(minutes));

    private static (string Json, string Page) Make(ulong seed)
    {
        var options = new DrillOptions { Scenario = "claude-2026-06-02", Rate = 0.05, Seed = seed, Against = ["naive", "gateway-cooldown"] };
        var setup = DrillPlanner.Plan(options, out _)!;
        var report = ReportBuilder.Build(setup, Drill.Run(setup, options.Against));
        return (ReportJson.Write(report), ReportPage.Write(report, setup.Scenario));
    }

    private static int Count(string text, string what) => text.Split(what).Length - 1;
}
