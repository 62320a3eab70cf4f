using Understudy.Configuration;

namespace Understudy.Alarms;

/// <summary>When a rule fires, in words: for the admin API, for <c>understudy explain</c> and for the documentation.</summary>
public static class RuleText
{
    /// <summary>As in <c>more than 5 % of the calls of 5 min are not answered, of 20 at least</c>; <c>off</c> where it is not watched.</summary>
    public static string Of(AlarmRule which, AlarmsModel alarms)
    {
        var rule = alarms.Rule(which);
        if (!rule.Enabled) return "off";
        var limit = Say.Percent(rule.Limit);
        var over = Say.Span(rule.Over);
        return which switch
        {
            AlarmRule.ErrorRate => $"more than {limit} of the calls of {over} are not answered, of {rule.MinCalls} at least",
            AlarmRule.ProviderUnavailable => $"none of a provider's targets is called{Lasting(rule)}",
            AlarmRule.BurnFast or AlarmRule.BurnSlow => $"calls of a route fail {string.Join(" or ", rule.Factors.Zip(CallRules.WindowsOf(which), (factor, windows) => $"{Say.Number(factor)} times as often as its objective allows in {Say.Span(windows.Short)} and in {Say.Span(windows.Long)}"))}, of {rule.MinCalls} at least",
            AlarmRule.FallbackShare => $"more than {limit} of a route's answers of {over} come from a fallback{Lasting(rule)}, of {rule.MinCalls} at least",
            AlarmRule.SpendRate => $"{(rule.PlanPerHour is { } plan ? $"all calls together cost more than {Say.Number(rule.Limit)} times {plan} an hour over {over}, or " : "")}a budget is spent {Say.Number(rule.Limit)} times as fast as its window passes{Lasting(rule)}",
            AlarmRule.QuotaLow => $"less than {limit} of a target's rate limit is left{Lasting(rule)}, or an account has no money or quota left",
            AlarmRule.StallRate => $"more than {limit} of the requests of {over} to a provider hang, fall silent or are cut{Lasting(rule)}, of {rule.MinCalls} at least",
            AlarmRule.BreakerFlapping => $"a breaker opens {Say.Number(rule.Limit)} times in {over}",
            AlarmRule.KeyRefused => "a provider refuses the gateway's own key",
            AlarmRule.StoreLost => $"the store takes nothing in{Lasting(rule)}",
            AlarmRule.DeferredAge => $"the oldest deferred work has waited more than {Say.Span(TimeSpan.FromSeconds(rule.Limit))}",
            AlarmRule.DrillFailed => "the last scheduled drill of an outage shows that the policy would not survive it",
            AlarmRule.ReceiverDead => "a receiver of alarms does not take them: the others are told",
        };
    }

    /// <summary>When it is over, as in <c>no more than 2.5 % for 2 min</c>.</summary>
    public static string Over(AlarmRule which, AlarmsModel alarms)
    {
        var rule = alarms.Rule(which);
        var hold = rule.Hold > TimeSpan.Zero ? $" for {Say.Span(rule.Hold)}" : "";
        return which switch
        {
            AlarmRule.ErrorRate or AlarmRule.FallbackShare or AlarmRule.StallRate => $"no more than {Say.Percent(rule.Clear)}{hold}",
            AlarmRule.SpendRate => $"no more than {Say.Number(rule.Clear)} times the plan{hold}",
            AlarmRule.QuotaLow => $"{Say.Percent(rule.Clear)} is left{hold}",
            AlarmRule.DeferredAge => $"no more than {Say.Span(TimeSpan.FromSeconds(rule.Clear))}{hold}",
            AlarmRule.BurnFast or AlarmRule.BurnSlow => $"well below that{hold}",
            AlarmRule.ProviderUnavailable or AlarmRule.BreakerFlapping or AlarmRule.KeyRefused or AlarmRule.StoreLost or AlarmRule.DrillFailed or AlarmRule.ReceiverDead => $"it is well{hold}",
        };
    }

    private static string Lasting(AlarmRuleModel rule) => rule.For > TimeSpan.Zero ? $" for {Say.Span(rule.For)}" : "";
}
