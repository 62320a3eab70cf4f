using Understudy.Alarms;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Observation;

namespace Understudy.Tests.Alarms;

/// <summary>What a rule counts, what it leaves out, and what a value has to come back to before it is well.</summary>
public sealed class RuleEdgeTests
{
    private static readonly TimeSpan Look = AlarmBook.LooksEvery;

    [Fact]
    public void BurnRate_HasToComeBackByAFifth()
    {
        var alarms = Watchtower.Only(AlarmRule.BurnFast);
        using var tower = new Watchtower(alarms with { Rules = new Dictionary<AlarmRule, AlarmRuleModel>(alarms.Rules) { [AlarmRule.BurnFast] = AlarmRuleModel.Default(AlarmRule.BurnFast) with { Factors = [14.4] } } });
        tower.Pass(TimeSpan.FromHours(1), perMinute: 200, badShare: 0.02);
        Assert.Equal(["burn_fast.chat"], tower.Active);
        tower.Pass(TimeSpan.FromHours(3), perMinute: 200, badShare: 0.013); // 13 times: below 14.4, above four fifths of it
        Assert.Single(tower.Active);
        tower.Pass(TimeSpan.FromHours(2), perMinute: 200, badShare: 0.01);
        Assert.Empty(tower.Active);
    }

    [Fact]
    public void OpeningsOfEarlier_DoNotCount()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.BreakerFlapping));
        for (var i = 0; i < 6; i++)
        {
            tower.Facts = tower.Facts with { Targets = [new("claude/m", "claude", IsOut: true, null)] };
            tower.Time.Advance(TimeSpan.FromMinutes(1));
            tower.Facts = tower.Facts with { Targets = [new("claude/m", "claude", IsOut: false, null)] };
            tower.Time.Advance(TimeSpan.FromMinutes(17)); // two in each half hour
        }

        Assert.Empty(tower.Changes);
    }

    [Fact]
    public void QuotaThatIsNearlyGone_HasToComeBackToItsOwnMark()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.QuotaLow));
        Left(0.05);
        Assert.Single(tower.Active);
        Left(0.15); // above the limit of a tenth, below the fifth that ends it
        Assert.Single(tower.Active);
        Left(0.2);
        Assert.Empty(tower.Active);

        void Left(double share)
        {
            tower.Facts = tower.Facts with { Targets = [new("claude/m", "claude", IsOut: false, QuotaLeft: share)] };
            tower.Time.Advance(TimeSpan.FromMinutes(5));
        }
    }

    [Fact]
    public void WhatCameInsideTheWindow_IsInIt_ThoughItsBucketBeganBefore()
    {
        var tally = new RollingTally();
        tally.Add(TimeSpan.FromSeconds(9).Ticks, 1, 1);
        Assert.Equal((1, 1), tally.Of(TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(305).Ticks));
        Assert.Equal((0, 0), tally.Of(TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(320).Ticks));
    }

    [Fact]
    public void WhoIsRefused_HasNoAnswer()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.ErrorRate));
        tower.Calls(90);
        for (var i = 0; i < 10; i++) tower.End(CallOutcome.Refused, null);
        tower.Time.Advance(Look);
        Assert.StartsWith("10 % of the 100 calls", Assert.Single(tower.Changes).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void ServedByTheSameAtTheSecondTry_IsNoFallback()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.FallbackShare));
        for (var i = 0; i < 100; i++) tower.End(CallOutcome.Answered, "claude/m", Watchtower.Attempt("claude", FailureKind.Overloaded), Watchtower.Attempt("claude", null));
        tower.Time.Advance(TimeSpan.FromMinutes(6));
        Assert.Empty(tower.Changes);
    }

    [Fact]
    public void WhoWasPassedOver_WasNotAsked()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.StallRate));
        for (var i = 0; i < 100; i++)
        {
            tower.End(CallOutcome.Answered, "claude/m", [.. Enumerable.Repeat(Watchtower.Attempt("claude", FailureKind.BreakerOpen, sent: false), 3), Watchtower.Attempt("claude", i < 10 ? FailureKind.Stalled : null)]);
        }

        tower.Time.Advance(Look + TimeSpan.FromMinutes(1));
        Assert.StartsWith("10 % of the 100 requests to claude", Assert.Single(tower.Changes).Text, StringComparison.Ordinal);
    }
}
