using Understudy.Alarms;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Observation;

namespace Understudy.Tests.Alarms;

/// <summary>When rules fire, and when it is over.</summary>
public sealed class AlarmBookTests
{
    private static readonly TimeSpan Look = AlarmBook.LooksEvery;

    [Fact]
    public void CallsFail_ErrorRateFires_AndIsOverOnceItHasBeenWellForLong()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.ErrorRate));
        tower.Calls(100, bad: 6);
        tower.Time.Advance(Look);
        var alarm = Assert.Single(tower.Changes);
        Assert.Equal(("error_rate.all-calls", AlarmState.Firing, AlarmSeverity.Critical, "claude"), (alarm.Id[..20], alarm.State, alarm.Severity, alarm.Cause));
        Assert.Equal("6 % of the 100 calls of the last 5 min were not answered (limit 5 %)", alarm.Text);

        // 3 % is below the limit, and not yet what it has to come back to.
        tower.Calls(100);
        tower.Time.Advance(TimeSpan.FromMinutes(4));
        Assert.Single(tower.Changes);

        // The bad ones have left the window, but not for two minutes.
        tower.Time.Advance(TimeSpan.FromSeconds(75));
        tower.Calls(100);
        tower.Time.Advance(TimeSpan.FromSeconds(110));
        Assert.Single(tower.Changes);
        tower.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal([AlarmState.Firing, AlarmState.Resolved], tower.Changes.Select(change => change.State));
        Assert.Empty(tower.Active);
        Assert.Equal(AlarmState.Resolved, Assert.Single(tower.Book.Over).State);
        Assert.Equal(2, tower.Happenings.Count(happening => happening.Kind == "alarm"));
    }

    [Fact]
    public void FewCalls_SayNothing()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.ErrorRate, AlarmRule.StallRate, AlarmRule.FallbackShare, AlarmRule.BurnFast));
        tower.Calls(19, bad: 19, kind: FailureKind.Stalled);
        tower.Time.Advance(TimeSpan.FromMinutes(20));
        Assert.Empty(tower.Changes);
    }

    [Fact]
    public void NoTrafficToTell_ItGoesOn_AndIsOverInTheEnd()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.ErrorRate));
        tower.Calls(100, bad: 100);
        tower.Time.Advance(TimeSpan.FromMinutes(55));
        Assert.Single(tower.Active);
        tower.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.EndsWith("too few calls came to tell", Assert.Single(tower.Book.Over).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void OutageInAQuietHour_IsSeenInAWiderWindow()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.ErrorRate));
        tower.Pass(TimeSpan.FromMinutes(20), perMinute: 1, badShare: 0.25);
        tower.Time.Advance(Look);
        Assert.Equal("25 % of the 20 calls of the last 30 min were not answered (limit 5 %)", Assert.Single(tower.Changes).Text);
    }

    [Theory]
    [InlineData(CallOutcome.Cancelled)]
    [InlineData(CallOutcome.ClientError)]
    public void WhatIsNotTheGatewaysToAnswer_IsNobodysFailure(CallOutcome outcome)
    {
        using var tower = new Watchtower();
        for (var i = 0; i < 100; i++) tower.End(outcome, FailureKind.BadRequest);
        tower.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Empty(tower.Changes);
    }

    [Fact]
    public void CallerWithoutARoute_CountsNowhere()
    {
        using var tower = new Watchtower();
        tower.Calls(1000, bad: 1000, route: "none");
        tower.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Empty(tower.Changes);
    }

    [Fact]
    public void ProviderGone_FiresAfterAMinute_NotAfterASecond()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.ProviderUnavailable));
        tower.Time.Advance(Look);
        tower.Set("claude", available: false, "overloaded");
        tower.Time.Advance(TimeSpan.FromSeconds(60));
        tower.Set("claude", available: true);
        tower.Time.Advance(Look);
        Assert.Empty(tower.Changes); // it was back in time

        tower.Set("claude", available: false, "overloaded");
        tower.Time.Advance(Look + TimeSpan.FromSeconds(60));
        var alarm = Assert.Single(tower.Changes);
        Assert.Equal(("provider_unavailable.claude", "claude"), (alarm.Id, alarm.Subject));
        Assert.Contains("overloaded", alarm.Text, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(60), alarm.FiredAt - alarm.Since);
    }

    [Fact]
    public void BurnRates_NeedBothWindows()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.BurnFast));
        tower.Pass(TimeSpan.FromHours(7), perMinute: 60);
        // 14.4 times 0.1 % in an hour is 52 calls of 3,600. A short burst fills the five minutes, not the hour.
        tower.Calls(60, bad: 40);
        tower.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(tower.Changes);
        tower.Calls(60, bad: 20);
        tower.Time.Advance(Look);
        var alarm = Assert.Single(tower.Changes);
        Assert.Equal("burn_fast.chat", alarm.Id);
        Assert.Contains("times as often as its objective of 99.9 % allows", alarm.Text, StringComparison.Ordinal);

        // It stops: the hour is bad for an hour yet, the five minutes are not.
        tower.Pass(TimeSpan.FromMinutes(20), perMinute: 60);
        Assert.Contains(AlarmState.Resolved, tower.Changes.Select(change => change.State));
    }

    [Fact]
    public void BurnRate_IsOfTheRoutesOwnObjective()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.BurnFast));
        foreach (var route in (string[])["chat", "code"]) tower.Pass(TimeSpan.FromMinutes(30), perMinute: 60, badShare: 0.05, route);
        Assert.Equal(["burn_fast.chat"], tower.Active); // 5 % is 50 times 0.1 %, but only 5 times 1 %
    }

    [Fact]
    public void SlowBurn_IsSeenAfterHours()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.BurnFast, AlarmRule.BurnSlow));
        tower.Pass(TimeSpan.FromHours(26), perMinute: 60, badShare: 0.004);
        Assert.Equal(["burn_slow.chat"], tower.Active);
    }

    [Fact]
    public void Fallbacks_NameTheProviderThatWasLeft()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.FallbackShare));
        for (var minute = 0; minute < 6; minute++)
        {
            tower.Calls(5);
            for (var i = 0; i < 5; i++) tower.Fallback();
            tower.Time.Advance(TimeSpan.FromMinutes(1));
        }

        tower.Time.Advance(TimeSpan.FromMinutes(3));
        var alarm = Assert.Single(tower.Changes);
        Assert.Equal(("fallback_share.chat", "claude"), (alarm.Id, alarm.Cause));
    }

    [Theory]
    [InlineData(FailureKind.FirstTokenTimeout)]
    [InlineData(FailureKind.Stalled)]
    [InlineData(FailureKind.CutShort)]
    public void Stalls_Fire(FailureKind kind)
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.StallRate));
        tower.Calls(100, bad: 10, kind: kind);
        tower.Time.Advance(Look + TimeSpan.FromMinutes(1));
        Assert.Equal(["stall_rate.claude"], tower.Active);
    }

    [Fact]
    public void KeyRefused_FiresOnTheFirst_AndAProbeKeepsItUp()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.KeyRefused));
        tower.End(CallOutcome.Answered, FailureKind.KeyRejected);
        tower.Time.Advance(Look);
        Assert.Equal(["key_refused.claude"], tower.Active);
        tower.Time.Advance(TimeSpan.FromMinutes(4));
        tower.Journal.End(new ProbeRecord(tower.Time.GetUtcNow(), "claude/m", "claude", TimeSpan.Zero, new(FailureKind.KeyRejected, "a test's"), default));
        tower.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Single(tower.Active);
        tower.Time.Advance(TimeSpan.FromMinutes(4));
        Assert.Empty(tower.Active);
    }

    [Fact]
    public void Quota_NearlyGoneOrGone()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.QuotaLow));
        tower.End(CallOutcome.Answered, FailureKind.QuotaExhausted, provider: "openai");
        tower.Facts = tower.Facts with { Targets = [new("claude/m", "claude", IsOut: false, QuotaLeft: 0.04), new("openai/m", "openai", IsOut: false, QuotaLeft: 0.5)] };
        tower.Time.Advance(Look + TimeSpan.FromMinutes(1));
        Assert.Equal(["claude", "openai"], tower.Book.Active.Select(alarm => alarm.Cause).Order());
        Assert.StartsWith("quota_low.claude-m.", tower.Active.First(id => id.Contains("claude", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void Breaker_ThatOpensAgainAndAgain()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.BreakerFlapping));
        for (var i = 0; i < 3; i++)
        {
            Assert.Empty(tower.Active);
            tower.Facts = tower.Facts with { Targets = [new("claude/m", "claude", IsOut: true, null)] };
            tower.Time.Advance(TimeSpan.FromMinutes(1));
            tower.Facts = tower.Facts with { Targets = [new("claude/m", "claude", IsOut: false, null)] };
            tower.Time.Advance(TimeSpan.FromMinutes(2));
        }

        Assert.Single(tower.Active);
    }

    [Fact]
    public void Money_FasterThanPlanned()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.SpendRate) with
        {
            Rules = Watchtower.Only(AlarmRule.SpendRate).Rules.Append(new(AlarmRule.SpendRate, AlarmRuleModel.Default(AlarmRule.SpendRate) with { PlanPerHour = Usd.FromDollars(1) })).ToDictionary(),
        });
        for (var minute = 0; minute < 60; minute++)
        {
            tower.End(CallOutcome.Answered, null, cost: Usd.FromDollars(0.02m)); // $1.20 an hour: within half as much again
            tower.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Empty(tower.Active);
        tower.End(CallOutcome.Answered, null, cost: Usd.FromDollars(1));
        tower.Facts = tower.Facts with { Spends = [new("client website", SpendWindow.Day, Usd.FromDollars(50), Usd.FromDollars(40), 0.5), new("route chat", SpendWindow.Day, Usd.FromDollars(50), Usd.FromDollars(1), 0.001)] };
        tower.Time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(["all calls", "client website, a day"], tower.Book.Active.Select(alarm => alarm.Subject).Order());
    }

    [Fact]
    public void House_StoreAndDeferredWork()
    {
        using var tower = new Watchtower();
        tower.Facts = tower.Facts with { StoreTrouble = "the disk is full", OldestDeferred = TimeSpan.FromHours(2) };
        tower.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(["store_lost.store", "deferred_age.deferred-work"], tower.Active.Select(id => id.Split('.') is [var rule, var subject, ..] ? $"{rule}.{subject}" : id));
        tower.Facts = tower.Facts with { StoreTrouble = null, OldestDeferred = null };
        tower.Time.Advance(TimeSpan.FromMinutes(3));
        Assert.Empty(tower.Active);
    }

    [Fact]
    public void Acknowledged_ItStaysUntilItIsOver()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.ProviderUnavailable));
        tower.Set("claude", available: false);
        tower.Time.Advance(TimeSpan.FromMinutes(2));
        var taken = tower.Book.Acknowledge("provider_unavailable.claude", "rosa", "I am on it")!;
        Assert.Equal((AlarmState.Acknowledged, "rosa", "I am on it"), (taken.State, taken.AcknowledgedBy, taken.AcknowledgedWhy));
        Assert.Null(tower.Book.Acknowledge("provider_unavailable.openai", "rosa", "no"));
        tower.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(AlarmState.Acknowledged, Assert.Single(tower.Book.Active).State);
        tower.Set("claude", available: true);
        tower.Time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal([AlarmState.Firing, AlarmState.Acknowledged, AlarmState.Resolved], tower.Changes.Select(change => change.State));
        Assert.Equal("rosa", tower.Book.Over[0].AcknowledgedBy);
    }

    [Fact]
    public void RuleTurnedOff_OrProviderGoneFromThePolicy_EndsIt()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.ProviderUnavailable));
        tower.Set("claude", available: false);
        tower.Time.Advance(TimeSpan.FromMinutes(2));
        tower.Policy = tower.Policy with { Alarms = Watchtower.Only() };
        tower.Time.Advance(Look);
        Assert.Empty(tower.Active);
        Assert.EndsWith("it is watched no longer", tower.Book.Over[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void WhateverNamesComeAndGo_MemoryIsBounded()
    {
        using var tower = new Watchtower();
        for (var i = 0; i < 2000; i++)
        {
            tower.Facts = tower.Facts with { Targets = [new($"claude/{i}", "claude", IsOut: true, QuotaLeft: 0.01)] };
            tower.Journal.End(new ProbeRecord(tower.Time.GetUtcNow(), $"claude/{i}", $"made-up-{i}", TimeSpan.Zero, new(FailureKind.KeyRejected, "a test's"), default));
            tower.Calls(1, bad: 1, route: $"made-up-{i}");
            tower.Time.Advance(Look);
        }

        Assert.InRange(tower.Book.Watched, 1, 20);
        Assert.InRange(tower.Book.Over.Count, 0, AlarmBook.Kept);
    }

    [Fact]
    public void Counting_AllocatesNothing()
    {
        using var tower = new Watchtower();
        CallRecord? record = null;
        tower.Journal.CallEnded += ended => record = ended;
        tower.Calls(1);
        for (var i = 0; i < 1000; i++) tower.Journal.End(record!);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) tower.Journal.End(record!);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void CalmDay_RingsNobody()
    {
        using var tower = new Watchtower();
        tower.Pass(TimeSpan.FromDays(1), perMinute: 30, badShare: 0.0005);
        Assert.Empty(tower.Changes);
    }
}
