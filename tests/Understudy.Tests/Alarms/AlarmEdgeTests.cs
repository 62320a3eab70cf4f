using Understudy.Alarms;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Observation;

namespace Understudy.Tests.Alarms;

/// <summary>Edges that breaking the code in small ways showed to be unwatched.</summary>
public sealed class AlarmEdgeTests
{
    private static Watchtower Tower(AlarmsModel? alarms = null, params NotifyModel[] notify) => new((alarms ?? Watchtower.Only(AlarmRule.ProviderUnavailable, AlarmRule.KeyRefused)) with
    {
        Receivers = [.. new[] { "oncall", "lead" }.Select(name => new WebhookReceiver { Name = name, Url = new("http://127.0.0.1:1") })],
        Notify = notify,
    });

    private static void RefuseKey(Watchtower tower) => tower.End(CallOutcome.Answered, FailureKind.KeyRejected);

    private static void Break(Watchtower tower)
    {
        tower.Set("claude", available: false);
        tower.Time.Advance(TimeSpan.FromSeconds(65)); // a look, the minute
    }

    private static IEnumerable<string> Told(Watchtower tower) => tower.Messages.Select(message => $"{message.Receiver} {message.Kind}");

    private static Alarm Earlier(Watchtower tower, string provider, AlarmState state = AlarmState.Firing) => new()
    {
        Id = $"provider_unavailable.{provider}",
        Rule = AlarmRule.ProviderUnavailable,
        Subject = provider,
        Cause = provider,
        Severity = AlarmSeverity.Critical,
        State = state,
        Since = tower.Time.GetUtcNow(),
        FiredAt = tower.Time.GetUtcNow(),
        Text = "gone",
        Value = 1,
    };

    [Fact]
    public void SilenceThatWasBroken_BeginsAnew()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.ErrorRate));
        tower.Calls(100, bad: 100);
        tower.Time.Advance(TimeSpan.FromMinutes(50)); // nothing to tell by for twenty of them
        tower.Calls(20, bad: 20);
        tower.Time.Advance(TimeSpan.FromMinutes(45));
        Assert.Single(tower.Active);
        Assert.Single(tower.Changes); // and it was not over in between
        tower.Time.Advance(TimeSpan.FromMinutes(20));
        Assert.Empty(tower.Active);
    }

    [Fact]
    public void WellForTheWholeHold_IsOver_AndNotALookLater()
    {
        using var tower = Tower();
        Break(tower);
        tower.Set("claude", available: true);
        tower.Time.Advance(AlarmBook.LooksEvery);
        tower.Time.Advance(TimeSpan.FromMinutes(2) - AlarmBook.LooksEvery);
        Assert.Single(tower.Active);
        tower.Time.Advance(AlarmBook.LooksEvery);
        Assert.Empty(tower.Active);
    }

    [Fact]
    public void Recalled_IsWaitedForHalfAnHour_WhereNothingIsHeardOfIt()
    {
        using var tower = Tower();
        tower.Book.Recall([Earlier(tower, "gemini"), Earlier(tower, "openai", AlarmState.Resolved)]);
        Assert.Equal(["provider_unavailable.gemini"], tower.Active);
        tower.Time.Advance(TimeSpan.FromMinutes(29));
        Assert.Single(tower.Active);
        tower.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Empty(tower.Active);
    }

    [Fact]
    public void Recalled_AndHeardOf_IsLikeAnyOther()
    {
        using var tower = Tower();
        tower.Book.Recall([Earlier(tower, "claude")]);
        tower.Set("claude", available: false);
        tower.Time.Advance(AlarmBook.LooksEvery);
        tower.Facts = tower.Facts with { Providers = [] }; // a reload took it away
        tower.Time.Advance(AlarmBook.LooksEvery);
        Assert.Empty(tower.Active);
    }

    [Fact]
    public void WhatIsOver_IsKeptUpToItsBound()
    {
        using var tower = Tower(Watchtower.Only(AlarmRule.ReceiverDead));
        for (var i = 0; i < AlarmBook.Kept + 5; i++)
        {
            tower.Facts = tower.Facts with { DeadReceivers = [("lead", $"trouble {i}")] };
            tower.Time.Advance(AlarmBook.LooksEvery);
            tower.Facts = tower.Facts with { DeadReceivers = [] };
            tower.Time.Advance(AlarmBook.LooksEvery);
        }

        Assert.Equal(AlarmBook.Kept, tower.Book.Over.Count);
        Assert.Equal(2 * (AlarmBook.Kept + 5), tower.Changes.Count);
    }

    [Fact]
    public void ExactlyEnoughCalls_AreJudgedInTheirOwnWindow()
    {
        using var tower = new Watchtower(Watchtower.Only(AlarmRule.ErrorRate));
        tower.Calls(20, bad: 2);
        tower.Time.Advance(AlarmBook.LooksEvery);
        Assert.Contains("the last 5 min", Assert.Single(tower.Changes).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void AWorseAlarm_OfACauseThatWasTold_IsNotGathered()
    {
        var alarms = Watchtower.Only(AlarmRule.ProviderUnavailable, AlarmRule.KeyRefused);
        using var tower = Tower(alarms with { Rules = new Dictionary<AlarmRule, AlarmRuleModel>(alarms.Rules) { [AlarmRule.ProviderUnavailable] = AlarmRuleModel.Default(AlarmRule.ProviderUnavailable) with { Severity = AlarmSeverity.Warning } } }, new NotifyModel { To = ["oncall"], RepeatEvery = null });
        Break(tower);
        tower.Time.Advance(TimeSpan.FromSeconds(15));
        RefuseKey(tower);
        tower.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(["oncall Trigger", "oncall Update"], Told(tower));
    }

    [Fact]
    public void TheFirst_WaitsOnceForTheOthers_HoweverManyCome()
    {
        using var tower = Tower(Watchtower.Only(AlarmRule.ProviderUnavailable, AlarmRule.KeyRefused) with { GroupWait = TimeSpan.FromMinutes(1) }, new NotifyModel { To = ["oncall"] });
        Break(tower);
        tower.Time.Advance(TimeSpan.FromSeconds(40));
        RefuseKey(tower);
        tower.Time.Advance(TimeSpan.FromSeconds(25));
        Assert.Equal(["oncall Trigger"], Told(tower));
        Assert.Equal(2, tower.Messages[0].Alarms.Count);
    }

    [Fact]
    public void OneOfTwo_IsInHand_OrOver_AndTheOtherGoesOn()
    {
        using var tower = Tower(null, new NotifyModel { To = ["oncall"], RepeatEvery = TimeSpan.FromMinutes(10) });
        Break(tower);
        RefuseKey(tower);
        tower.Time.Advance(TimeSpan.FromSeconds(20));
        tower.Book.Acknowledge("key_refused.claude", "rosa", "a new one is on its way");
        tower.Time.Advance(TimeSpan.FromMinutes(9)); // and it is over by itself meanwhile
        Assert.Equal(["oncall Trigger"], Told(tower));
        tower.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(["oncall Trigger", "oncall Repeat"], Told(tower));
    }

    [Fact]
    public void Escalation_CountsFromTheFirstWord_AndLeavesOutWhoWasTold()
    {
        using var tower = Tower(null, new NotifyModel { To = ["oncall"], RepeatEvery = null, EscalateTo = ["oncall", "lead"], EscalateAfter = TimeSpan.FromMinutes(15) });
        Break(tower);
        tower.Time.Advance(TimeSpan.FromMinutes(5));
        RefuseKey(tower);
        tower.Time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(["oncall Trigger", "oncall Update"], Told(tower));
        tower.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(["oncall Trigger", "oncall Update", "lead Escalate"], Told(tower));
    }

    /// <summary>Killed between the two: what fires and who was told are not written in one moment.</summary>
    [Fact]
    public void WhatNobodyWatchesAnyMore_IsToldToBeOver_AndNotForEver()
    {
        using var tower = Tower(null, new NotifyModel { To = ["oncall"], RepeatEvery = TimeSpan.FromHours(1) });
        var (orphan, other) = (Earlier(tower, "claude"), Earlier(tower, "openai", AlarmState.Acknowledged));
        tower.Set("openai", available: false);
        tower.Book.Recall([other]);
        tower.Dispatch.Recall(
        [
            new() { Cause = "claude", Alarms = [orphan], Told = ["oncall"], ToldSeverity = AlarmSeverity.Critical, RepeatAt = tower.Time.GetUtcNow() + TimeSpan.FromHours(1) },
            new() { Cause = "openai", Alarms = [other], Told = ["oncall"], ToldSeverity = AlarmSeverity.Critical },
        ]);

        tower.Time.Advance(TimeSpan.FromHours(5));

        Assert.Equal(["oncall Resolve"], Told(tower));
        Assert.Equal(AlarmState.Resolved, Assert.Single(tower.Messages[0].Alarms).State);
        Assert.Equal("openai", Assert.Single(tower.Dispatch.Memory).Cause);
    }

    [Fact]
    public void OneInHandAndTheOtherOver_NothingIsDueAnyMore()
    {
        using var tower = Tower(null, new NotifyModel { To = ["oncall"], RepeatEvery = TimeSpan.FromMinutes(10), EscalateTo = ["lead"], EscalateAfter = TimeSpan.FromMinutes(15) });
        Break(tower);
        RefuseKey(tower);
        tower.Time.Advance(TimeSpan.FromSeconds(20));
        tower.Book.Acknowledge("provider_unavailable.claude", "rosa", "on it");
        tower.Time.Advance(TimeSpan.FromMinutes(9)); // the key is taken again meanwhile
        Assert.Equal(["provider_unavailable.claude"], tower.Active);
        tower.Time.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(["oncall Trigger"], Told(tower));
    }
}
