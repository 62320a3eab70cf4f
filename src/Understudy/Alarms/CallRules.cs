using Understudy.Configuration;

namespace Understudy.Alarms;

/// <summary>The rules that look at what callers get: errors, burnt error budgets, fallbacks.</summary>
internal static class CallRules
{
    /// <summary>Bad calls in the long window below which an error budget is not said to burn.</summary>
    private const int FewestBad = 5;

    /// <summary>A burn rate has to come back to this share of its factor.</summary>
    private const double BurnClear = 0.8;

    private const int Widening = 6;

    private static readonly (TimeSpan Short, TimeSpan Long)[] _fast = [(TimeSpan.FromMinutes(5), TimeSpan.FromHours(1)), (TimeSpan.FromMinutes(30), TimeSpan.FromHours(6))];
    private static readonly (TimeSpan Short, TimeSpan Long)[] _slow = [(TimeSpan.FromHours(2), TimeSpan.FromDays(1)), (TimeSpan.FromHours(6), TimeSpan.FromDays(3))];

    /// <summary>The windows of a burn rule's factors, in their order: those of the SRE workbook.</summary>
    public static IReadOnlyList<(TimeSpan Short, TimeSpan Long)> WindowsOf(AlarmRule rule) => rule == AlarmRule.BurnFast ? _fast : _slow;

    /// <summary>The share of calls without an answer.</summary>
    public static Reading ErrorRate(AlarmCounts counts, AlarmRuleModel rule)
    {
        var (bad, all, window) = Widened(counts, counts.All.Calls, rule);
        var share = Share(bad, all);
        return new(
            AlarmRule.ErrorRate, "all calls", counts.All.LastBlamed ?? "calls", Judge(share, all, rule), share,
            $"{Say.Percent(share)} of the {all} calls of the last {Say.Span(window)} were not answered (limit {Say.Percent(rule.Limit)})");
    }

    /// <summary>How fast each route burns its error budget.</summary>
    public static IEnumerable<Reading> Burn(AlarmRule which, AlarmCounts counts, AlarmRuleModel rule, Policy policy)
    {
        foreach (var (name, route) in counts.Routes)
        {
            var objective = policy.Routes.First(one => one.Name == name).Objective ?? policy.Alarms.Objective;
            yield return Burn(which, counts, rule, name, route, objective);
        }
    }

    /// <summary>How many answers of each route come from another than was meant.</summary>
    public static IEnumerable<Reading> Fallbacks(AlarmCounts counts, AlarmRuleModel rule)
    {
        foreach (var (name, route) in counts.Routes)
        {
            var (moved, all, window) = Widened(counts, route.Fallbacks, rule);
            var share = Share(moved, all);
            yield return new(
                AlarmRule.FallbackShare, name, route.LastLeft ?? "calls", Judge(share, all, rule), share,
                $"{Say.Percent(share)} of the {all} answers of route {name} in the last {Say.Span(window)} came from a fallback (limit {Say.Percent(rule.Limit)})");
        }
    }

    /// <summary>The sums of a rule's window; where that has too few calls to tell, of one six times as wide: an outage in a quiet hour is one too.</summary>
    public static (long Part, long Whole, TimeSpan Window) Widened(AlarmCounts counts, RollingTally tally, AlarmRuleModel rule)
    {
        var (part, whole) = counts.Of(tally, rule.Over);
        if (whole >= rule.MinCalls) return (part, whole, rule.Over);
        var wide = rule.Over * Widening < RollingTally.Longest ? rule.Over * Widening : RollingTally.Longest;
        (part, whole) = counts.Of(tally, wide);
        return (part, whole, wide);
    }

    /// <summary>A share against its limit and the one that it has to come back to.</summary>
    public static Finding Judge(double share, long all, AlarmRuleModel rule) =>
        all < Math.Max(rule.MinCalls, 1) ? Finding.Unknown
        : share > rule.Limit ? Finding.Bad
        : share <= rule.Clear ? Finding.Well
        : Finding.Between;

    /// <summary>A part of a whole; of nothing it is none.</summary>
    public static double Share(long part, long whole) => whole == 0 ? 0 : part / (double)whole;

    private static Reading Burn(AlarmRule which, AlarmCounts counts, AlarmRuleModel rule, string name, RouteCounts route, double objective)
    {
        var finding = Finding.Unknown;
        var (worst, text) = (0.0, $"too few calls of route {name} to tell");
        var windows = WindowsOf(which);
        for (var i = 0; i < Math.Min(windows.Count, rule.Factors.Count); i++)
        {
            var brief = counts.Of(route.Calls, windows[i].Short);
            var wide = counts.Of(route.Calls, windows[i].Long);
            if (wide.Whole < rule.MinCalls) continue;
            // Both windows: the long one tells that it is much, the short one that it goes on.
            var times = Math.Min(Share(brief.Part, brief.Whole), Share(wide.Part, wide.Whole)) / (1 - objective);
            var found = times > rule.Factors[i] && wide.Part >= FewestBad ? Finding.Bad : times <= rule.Factors[i] * BurnClear ? Finding.Well : Finding.Between;
            if (finding == Finding.Unknown || found > finding || (found == finding && times > worst)) (worst, text) = (times, Words(name, objective, times, windows[i], brief, wide));
            finding = finding == Finding.Unknown || found > finding ? found : finding;
        }

        return new(which, name, route.LastBlamed ?? "calls", finding, worst, text);
    }

    private static string Words(string name, double objective, double times, (TimeSpan Short, TimeSpan Long) windows, (long Part, long Whole) brief, (long Part, long Whole) wide)
    {
        var gone = times > 0 ? $": a month's error budget would be gone in {Say.Span(TimeSpan.FromDays(30) / times)}" : "";
        return $"calls of route {name} fail {Say.Number(times)} times as often as its objective of {Say.Percent(objective)} allows, "
            + $"{Say.Percent(Share(brief.Part, brief.Whole))} in {Say.Span(windows.Short)} and {Say.Percent(Share(wide.Part, wide.Whole))} in {Say.Span(windows.Long)}{gone}";
    }
}
