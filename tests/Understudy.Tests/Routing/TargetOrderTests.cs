using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Routing;

namespace Understudy.Tests.Routing;

public sealed class TargetOrderTests
{
    private static readonly ProviderModel Provider = new() { Name = "p", Protocol = WireProtocol.OpenAIChat, BaseUrl = new("http://p.test") };

    [Fact]
    public void Cheapest_ByPrice_UnknownLast_EqualsInTheOperatorsOrder()
    {
        var rung = Rung(PickRule.Cheapest, "unknown", "dear", "same", "cheap", "equal", "free", "riddle");
        Usd? Price(Target target) => target.Model switch
        {
            "dear" => Usd.FromDollars(5),
            "cheap" => Usd.FromDollars(1),
            "same" or "equal" => Usd.FromDollars(2),
            "free" => Usd.Zero,
            _ => null,
        };
        Assert.Equal(["free", "cheap", "same", "equal", "dear", "unknown", "riddle"], TargetOrder.Of(rung, Price, new(1)).Select(target => target.Model));
    }

    [Fact]
    public void Fastest_ExploresTheOthers_InASmallShareOfCalls()
    {
        var rung = Rung(PickRule.Fastest, "slow", "quick", "middling");
        Learn(rung, 9, 1, 3);
        var chance = new Chance(5);
        var firsts = Enumerable.Range(0, 10_000).Select(_ => TargetOrder.Of(rung, _ => null, chance)).ToList();
        Assert.All(firsts, order => Assert.Equal(3, order.Distinct().Count()));
        Assert.InRange(firsts.Count(order => order[0].Model == "slow"), 200, 300); // 2.5 % each
        Assert.InRange(firsts.Count(order => order[0].Model == "middling"), 200, 300);
        Assert.All(firsts.Where(order => order[0].Model == "quick"), order => Assert.Equal("middling", order[1].Model));
    }

    [Fact]
    public void Fastest_WhatWasSlowOnce_ComesBackWhenItIsQuick()
    {
        var rung = Rung(PickRule.Fastest, "slow-once", "steady");
        Learn(rung, 30, 1);
        var chance = new Chance(6);
        var asked = 0;
        for (; asked < 2_000 && TargetOrder.Of(rung, _ => null, new(1))[0].Model != "slow-once"; asked++)
        {
            var first = TargetOrder.Of(rung, _ => null, chance)[0];
            first.Learn(TimeSpan.FromSeconds(first.Model == "slow-once" ? 0.5 : 1));
        }

        Assert.InRange(asked, 20, 1_999);
    }

    [Fact]
    public void Fastest_NeverTried_IsTried() =>
        Assert.Equal("new", TargetOrder.Of(Learn(Rung(PickRule.Fastest, "old", "new"), 1), _ => null, new(1))[0].Model);

    private static Rung Learn(Rung rung, params double[] seconds)
    {
        for (var i = 0; i < seconds.Length; i++) rung.Targets[i].Learn(TimeSpan.FromSeconds(seconds[i]));
        return rung;
    }

    private static Rung Rung(PickRule pick, params string[] models) => new(
        new TargetRung { Pick = pick, Targets = [.. models.Select(model => new TargetModel { Provider = Provider, Model = model })] },
        [.. models.Select(model => new Target(Provider, model))]);
}
