using Understudy.Configuration;

namespace Understudy.Drills.Tests;

public sealed class PlannerTests
{
    [Theory]
    [InlineData("claude-2026-6-02", "did you mean 'claude-2026-06-02'?")]
    [InlineData("zzz", "understudy drill --list")]
    public void UnknownScenario_TellsTheNearest(string name, string said) => Assert.Contains(said, Mistake(new() { Scenario = name }), StringComparison.Ordinal);

    [Fact]
    public void UnknownRival_TellsAll()
    {
        Assert.Contains("gateway-cooldown", Mistake(new() { Scenario = "midstream-cuts", Against = ["zzz"] }), StringComparison.Ordinal);
        Assert.Contains("did you mean 'naive'?", Mistake(new() { Scenario = "midstream-cuts", Against = ["naiv"] }), StringComparison.Ordinal);
    }

    [Fact]
    public void UnknownTrace_TellsAll() => Assert.Contains("azure2023_code", Mistake(new() { Scenario = "midstream-cuts", Traffic = "zzz" }), StringComparison.Ordinal);

    [Fact]
    public void TooManyCalls_AreRefused() => Assert.Contains("at the most", Mistake(new() { Scenario = "quality-2025-08", Rate = 50 }), StringComparison.Ordinal);

    [Fact]
    public void Vendor_IsSickByItsProtocolAndOnesOwnServerIsNot()
    {
        var local = new ProviderModel { Name = "local", Protocol = Understudy.Calls.WireProtocol.OpenAIChat, BaseUrl = new("http://127.0.0.1:11434/v1") };
        var policy = DrillPlanner.DefaultPolicy();
        policy = policy with { Providers = [.. policy.Providers, local] };
        Assert.Equal(["openai"], Plan(new() { Scenario = "openai-2024-12-11-hard-down", Policy = policy }).Sick);
        Assert.Equal(["claude", "openai"], Plan(new() { Scenario = "edge-shared-fate", Policy = policy }).Sick);
        Assert.Equal(["claude"], Plan(new() { Scenario = "midstream-cuts", Policy = policy }).Sick);
        Assert.Equal(["local"], Plan(new() { Scenario = "midstream-cuts", Policy = policy, Sick = "local" }).Sick);
        Assert.Contains("name one with --sick: local", Mistake(new() { Scenario = "claude-2026-06-02", Policy = policy with { Providers = [local] } }), StringComparison.Ordinal);
        Assert.Contains("did you mean 'gemini'?", Mistake(new() { Scenario = "claude-2026-06-02", Sick = "gemmini" }), StringComparison.Ordinal);
    }

    [Fact]
    public void Clients_AskForWhatThePolicyHasARouteFor()
    {
        var policy = DrillPlanner.DefaultPolicy();
        var only = policy.Routes.First(route => route.Match.Contains("gemini-*"));
        var asked = Plan(new() { Scenario = "claude-2026-06-02", Policy = policy with { Routes = [only] } }).Asked;
        Assert.StartsWith("gemini-", Assert.Single(asked).Model, StringComparison.Ordinal);
        Assert.Equal(["gpt-5.2"], Plan(new() { Scenario = "azure-2026-03-09-one-model" }).Asked.Select(one => one.Model));
        Assert.Equal(2, Plan(new() { Scenario = "sibling-stampede" }).Asked.Count);
    }

    [Fact]
    public void RateNobodyChose_KeepsALongDrillShort()
    {
        Assert.InRange(Plan(new() { Scenario = "claude-2026-06-02" }).Rate, 4, 5);
        Assert.InRange(Plan(new() { Scenario = "quality-2025-08" }).Summary.Calls, 100_000, DrillPlanner.MostCalls + 2000);
    }

    private static DrillSetup Plan(DrillOptions options) => DrillPlanner.Plan(options, out _)!;

    private static string Mistake(DrillOptions options)
    {
        Assert.Null(DrillPlanner.Plan(options, out var mistake));
        return mistake!;
    }
}
