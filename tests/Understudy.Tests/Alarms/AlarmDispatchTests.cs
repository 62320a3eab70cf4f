using Understudy.Alarms;
using Understudy.Configuration;

namespace Understudy.Tests.Alarms;

/// <summary>Who is told, when, and how often.</summary>
public sealed class AlarmDispatchTests
{
    private static readonly AlarmRule[] Rules = [AlarmRule.ProviderUnavailable, AlarmRule.KeyRefused, AlarmRule.StoreLost, AlarmRule.ReceiverDead];

    private static Watchtower Tower(params NotifyModel[] notify) => new(Watchtower.Only(Rules) with
    {
        Receivers = [.. new[] { "oncall", "team", "lead" }.Select(name => new WebhookReceiver { Name = name, Url = new("http://127.0.0.1:1") })],
        Notify = notify,
    });

    private static IEnumerable<string> Told(Watchtower tower) => tower.Messages.Select(message => $"{message.Receiver} {message.Kind}");

    private static void Break(Watchtower tower)
    {
        tower.Set("claude", available: false, "overloaded");
        tower.Time.Advance(TimeSpan.FromSeconds(65)); // a look, the minute
    }

    [Fact]
    public void AlarmsOfOneCause_ComeInOneMessage()
    {
        using var tower = Tower(new NotifyModel { To = ["oncall"] });
        Break(tower);
        tower.End(Understudy.Observation.CallOutcome.Answered, Understudy.Failures.FailureKind.KeyRejected);
        tower.Facts = tower.Facts with { StoreTrouble = "the disk is full" };
        Assert.Empty(tower.Messages); // the first waits for the others
        tower.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(["oncall Trigger", "oncall Trigger"], Told(tower));
        Assert.Equal(["understudy.claude", "understudy.store"], tower.Messages.Select(message => message.Key));
        Assert.Equal(["provider_unavailable.claude", "key_refused.claude"], tower.Messages[0].Alarms.Select(alarm => alarm.Id));
        Assert.Contains("and 1 more of the same cause", tower.Messages[0].Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void NobodyAcknowledges_Repeated_AndEscalatedOnce()
    {
        using var tower = Tower(new NotifyModel { To = ["oncall"], RepeatEvery = TimeSpan.FromMinutes(10), EscalateTo = ["lead"], EscalateAfter = TimeSpan.FromMinutes(15) });
        Break(tower);
        tower.Time.Advance(TimeSpan.FromMinutes(25));
        Assert.Equal(["oncall Trigger", "oncall Repeat", "lead Escalate", "lead Repeat", "oncall Repeat"], Told(tower));
    }

    [Fact]
    public void Acknowledged_NobodyIsWokenAgain_AndAllHearTheEnd()
    {
        using var tower = Tower(new NotifyModel { To = ["oncall", "team"], RepeatEvery = TimeSpan.FromMinutes(10), EscalateTo = ["lead"] });
        Break(tower);
        tower.Time.Advance(TimeSpan.FromSeconds(15));
        tower.Book.Acknowledge("provider_unavailable.claude", "rosa", "I am on it");
        tower.Time.Advance(TimeSpan.FromHours(3));
        Assert.Equal(["oncall Trigger", "team Trigger", "oncall Acknowledge", "team Acknowledge"], Told(tower));
        tower.Set("claude", available: true);
        tower.Time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(["oncall Resolve", "team Resolve"], Told(tower).Skip(4));
        Assert.StartsWith("over: claude is well again after", tower.Messages[^1].Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void OverBeforeAnybodyWasTold_NobodyIsTold()
    {
        using var tower = Tower();
        tower.Policy = tower.Policy with { Alarms = tower.Policy.Alarms with { GroupWait = TimeSpan.FromMinutes(10) } };
        Break(tower);
        tower.Set("claude", available: true);
        tower.Time.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(2, tower.Changes.Count);
        Assert.Empty(tower.Messages);
    }

    [Fact]
    public void Later_TheSameCauseIsGathered_AnotherOneIsNot()
    {
        using var tower = Tower(new NotifyModel { To = ["oncall"], RepeatEvery = null });
        Break(tower);
        tower.Time.Advance(TimeSpan.FromSeconds(15));
        tower.End(Understudy.Observation.CallOutcome.Answered, Understudy.Failures.FailureKind.KeyRejected);
        tower.Time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(["oncall Trigger"], Told(tower));
        tower.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(["oncall Trigger", "oncall Update"], Told(tower));
    }

    [Fact]
    public void FirstEntryThatMatches_SaysWhoIsTold()
    {
        using var tower = Tower(
            new NotifyModel { Rules = [AlarmRule.StoreLost], To = ["lead"] },
            new NotifyModel { Severity = AlarmSeverity.Critical, To = ["oncall"] },
            new NotifyModel { To = ["team"] });
        tower.Facts = tower.Facts with { StoreTrouble = "the disk is full" };
        Break(tower);
        tower.Time.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal(["lead Trigger", "oncall Trigger"], Told(tower));
    }

    [Fact]
    public void DeadReceiver_IsToldToTheOthers()
    {
        using var tower = Tower(new NotifyModel { To = ["oncall"] });
        tower.Facts = tower.Facts with { DeadReceivers = [("oncall", "no connection")] };
        tower.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(["lead Trigger", "team Trigger"], Told(tower));
        tower.Facts = tower.Facts with { DeadReceivers = [] };
        tower.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(["lead Resolve", "team Resolve"], Told(tower).Skip(2));
    }

    [Fact]
    public void FiresAnewAfterItsEnd_IsANewTrigger()
    {
        using var tower = Tower(new NotifyModel { To = ["oncall"] });
        for (var i = 0; i < 2; i++)
        {
            Break(tower);
            tower.Time.Advance(TimeSpan.FromSeconds(15));
            tower.Set("claude", available: true);
            tower.Time.Advance(TimeSpan.FromMinutes(3));
        }

        Assert.Equal(["oncall Trigger", "oncall Resolve", "oncall Trigger", "oncall Resolve"], Told(tower));
        Assert.Single(tower.Messages.Select(message => message.Key).Distinct());
    }
}
