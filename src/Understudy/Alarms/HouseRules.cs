using Understudy.Configuration;

namespace Understudy.Alarms;

/// <summary>The rules that look at the gateway's own house: money, store, deferred work, receivers.</summary>
internal static class HouseRules
{
    /// <summary>The share of a budget below which its pace is not judged: the first dollar of a day is always ahead of the plan.</summary>
    private const double LeastSpent = 0.3;

    /// <summary>Who spends faster than planned.</summary>
    public static IEnumerable<Reading> Spend(AlarmCounts counts, AlarmRuleModel rule, LiveFacts facts)
    {
        if (rule.PlanPerHour is { Nanos: > 0 } plan)
        {
            var (nanos, calls) = counts.Of(counts.Spend, rule.Over);
            var perHour = nanos / rule.Over.TotalHours;
            var times = perHour / plan.Nanos;
            yield return new(
                AlarmRule.SpendRate, "all calls", "spending", CallRules.Judge(times, calls, rule), times,
                $"all calls together cost {new Usd((long)perHour)} an hour, {Say.Number(times)} times the {plan} that is planned");
        }

        foreach (var fact in facts.Spends)
        {
            var share = fact.Spent.Nanos / (double)Math.Max(fact.Cap.Nanos, 1);
            var times = share / Math.Max(fact.Elapsed, 0.001);
            var finding = times > rule.Limit && share >= LeastSpent ? Finding.Bad : times <= rule.Clear || share < LeastSpent ? Finding.Well : Finding.Between;
            yield return new(
                AlarmRule.SpendRate, $"{fact.Whose}, {SpendWindows.Words(fact.Window)}", "spending", finding, times,
                $"{fact.Whose} has spent {Say.Percent(share)} of its {fact.Cap} {SpendWindows.Words(fact.Window)} in {Say.Percent(fact.Elapsed)} of the time, {Say.Number(times)} times the plan");
        }
    }

    /// <summary>Whether the store takes anything in.</summary>
    public static Reading Store(LiveFacts facts) => new(
        AlarmRule.StoreLost, "store", "store", facts.StoreTrouble is null ? Finding.Well : Finding.Bad, facts.StoreTrouble is null ? 0 : 1,
        facts.StoreTrouble is { } why ? $"the store takes nothing in: {why}" : "the store is well");

    /// <summary>How long deferred work waits.</summary>
    public static Reading Deferred(AlarmRuleModel rule, LiveFacts facts)
    {
        var age = facts.OldestDeferred ?? TimeSpan.Zero;
        var finding = age.TotalSeconds > rule.Limit ? Finding.Bad : age.TotalSeconds <= rule.Clear ? Finding.Well : Finding.Between;
        return new(
            AlarmRule.DeferredAge, "deferred work", "deferred work", finding, age.TotalSeconds,
            $"the oldest deferred work has waited {Say.Span(age)} (limit {Say.Span(TimeSpan.FromSeconds(rule.Limit))})");
    }

    /// <summary>Which outages the policy would not survive.</summary>
    public static IEnumerable<Reading> Drills(DrillsModel drills, LiveFacts facts) => (drills.Every is null ? [] : drills.Scenarios).Select(scenario =>
    {
        var why = facts.FailedDrills.FirstOrDefault(failed => string.Equals(failed.Scenario, scenario, StringComparison.OrdinalIgnoreCase)).Why;
        return new Reading(AlarmRule.DrillFailed, scenario, "drills", why is null ? Finding.Well : Finding.Bad, why is null ? 0 : 1, why ?? $"the policy survives {scenario}");
    });

    /// <summary>Which receivers take no alarms.</summary>
    public static IEnumerable<Reading> Receivers(AlarmsModel alarms, LiveFacts facts) => alarms.Receivers.Select(receiver =>
    {
        var why = facts.DeadReceivers.FirstOrDefault(dead => dead.Name == receiver.Name).Why;
        return new Reading(
            AlarmRule.ReceiverDead, receiver.Name, $"receiver {receiver.Name}", why is null ? Finding.Well : Finding.Bad, why is null ? 0 : 1,
            why is null ? $"receiver {receiver.Name} takes alarms again" : $"receiver {receiver.Name} does not take alarms: {why}");
    });
}
