using System.Runtime.CompilerServices;
using Understudy.Configuration;

namespace Understudy.PolicyFile.Tests;

/// <summary>The example of <c>docs/spending.md</c> is a config that loads and means what the page says.</summary>
public sealed class SpendingExampleTests
{
    private readonly PolicyResult _result = PolicyReader.Read(Example(), "spending.md", PolicyReaderTests.Planted);

    [Fact]
    public void Loads_WithoutAMistakeOrANote() => Assert.Equal("", PolicyReaderTests.Said(_result));

    [Fact]
    public void Means_WhatItSays()
    {
        var policy = _result.Policy!;
        Assert.Equal("$2 a minute, $50 a day", policy.Clients.Single().Budget!.ToString());
        Assert.Equal("$5 an hour", policy.Routes.Single().Budget!.ToString());
        Assert.Equal("$2000 a month", Assert.Single(policy.ProviderBudgets).Value.ToString());
        Assert.Equal(0.05, policy.Quotas.LeaveBelow);
        var (claude, local) = (policy.Providers.Single(one => one.Name == "claude"), policy.Providers.Single(one => one.Name == "local"));
        Assert.Equal(TokenRates.Of(0, 0), policy.Prices.Find(local, "llama3.1")!.Base);
        Assert.Equal(TokenRates.Of(0.9m, 4.5m, 0.09m, 1.1m), policy.Prices.Find(claude, "claude-haiku-4-5")!.Base);
        Assert.Equal(15m, policy.Prices.Find(claude, "claude-sonnet-4-5")!.Base.Output.Dollars);
    }

    [Fact]
    public void Summary_NamesEveryBudget() => Assert.Contains(
        "budgets: client website $2 a minute, $50 a day; route summaries $5 an hour; provider claude $2000 a month; what is beyond is not sent",
        PolicySummary.Lines(_result.Policy!));

    private static string Example([CallerFilePath] string here = "")
    {
        var page = File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../docs/spending.md"));
        var start = page.IndexOf("```yaml\n", StringComparison.Ordinal) + "```yaml\n".Length;
        return page[start..page.IndexOf("```", start, StringComparison.Ordinal)];
    }
}
