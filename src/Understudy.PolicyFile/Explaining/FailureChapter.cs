using System.Globalization;
using System.Text;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.PolicyFile.Keys;

namespace Understudy.PolicyFile.Explaining;

/// <summary>The chapter that holds for every route: what follows from each kind of failure, from the engine's own table.</summary>
internal static class FailureChapter
{
    public static void Write(StringBuilder page, Policy policy)
    {
        page.Append("\n## What follows from each failure\n\n| when | tried again there | the next target | counts against its breaker | may be billed |\n| --- | --- | --- | --- | --- |\n");
        foreach (var kind in Enum.GetValues<FailureKind>())
        {
            var traits = FailureTraits.Of(kind);
            if (traits.Side != FailureSide.Provider && kind is not (FailureKind.BadRequest or FailureKind.BreakerOpen or FailureKind.Recovering or FailureKind.Killed or FailureKind.BrokenOff or FailureKind.TargetNotAble
                or FailureKind.BudgetSpent or FailureKind.ProviderBudgetSpent or FailureKind.QuotaLow)) continue;
            page.Append(CultureInfo.InvariantCulture, $"| {Words(kind)} | {YesNo(traits.RetryHere)} | {YesNo(traits.TryElsewhere)} | {YesNo(traits.CountsAgainstTarget)} | {YesNo(traits.MayBeBilled)} |\n");
        }
        var retry = policy.Retry;
        var breaker = policy.Breaker;
        page.Append(CultureInfo.InvariantCulture, $"""

            ## Retries and breakers

            A target is tried at most {retry.AttemptsPerTarget} times a call; where a ladder has only one, up to the route's attempts. Before a retry a random time up to {DurationText.Write(retry.BaseDelay)} passes, doubled each time up to {DurationText.Write(retry.MaxDelay)}. Over all traffic at most {retry.BudgetRatio * 100:0.##} % of calls and {retry.BudgetFloorPerSecond:0.##} a second are retries: an outage is not answered with a flood.

            A target's breaker opens after {breaker.ConsecutiveFailures} failures in a row, or when {breaker.FailureRatio * 100:0.##} % of at least {breaker.MinimumCalls} calls in {DurationText.Write(breaker.Window)} failed; meanwhile its calls go to the next target at once, without waiting for a clock. A `retry-after` keeps calls away for that time alone.
            {Drift(breaker)}
            {WayBack(breaker)}

            When a target opens for a reason that others may share (no connection, 5xx, a hang, a rejected key), the other models of its provider, and all behind the same edge, keep their traffic but open after {Math.Min(breaker.SuspectFailures, breaker.ConsecutiveFailures)} failures in a row for {DurationText.Write(breaker.SuspectFor)}{(breaker.Probe == ProbeKind.Synthetic ? ", and are probed at once" : "")}.

            """);
    }

    /// <summary>What becomes of a target of whose calls some fail, in words.</summary>
    private static string Drift(BreakerModel breaker) => breaker.Tolerate is not { } tolerated ? "" : string.Create(CultureInfo.InvariantCulture, $"""

        Failures that creep in are found out as well: each outcome that is likelier at {breaker.Sick * 100:0.##} % of failures than at {tolerated * 100:0.##} % counts, and when enough of them have come together the target is left for another one that gives no less. Most of its calls still go well, so those that have no other way go there all the same.

        """);

    /// <summary>From open to full traffic, in words.</summary>
    private static string WayBack(BreakerModel breaker)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"After {DurationText.Write(breaker.OpenFor)}, doubled with each relapse up to {DurationText.Write(breaker.MaxOpenFor)}, ");
        page.Append(breaker.Probe == ProbeKind.Synthetic
            ? string.Create(CultureInfo.InvariantCulture, $"it is probed every {DurationText.Write(breaker.ProbeEvery)} with a request of one token (more rarely the longer it fails), and after {breaker.GoodProbes} good {(breaker.GoodProbes == 1 ? "probe" : "probes in a row")} ")
            : "one user's call at a time finds out whether it is well, and after a good one ");
        if (breaker.Ramp.Count == 0) return page.Append("all its traffic comes back.").ToString();
        var shares = string.Join(" %, ", breaker.Ramp.Select(share => share.ToString("0.##", CultureInfo.InvariantCulture)));
        page.Append(CultureInfo.InvariantCulture, $"its traffic comes back by steps: {shares} %, then everything, in {DurationText.Write(breaker.RampFor)} at the least and twice that after each relapse, up to {DurationText.Write(breaker.MaxRampFor)}. A step is left upwards on good answers alone, and the first bad one opens it again{(breaker.Tolerate is null ? "" : " (after many good ones, the second or third)")}. Calls that nobody else could serve are not held to the share: as many at once are let in as good answers have shown it to carry.");
        return page.ToString();
    }

    private static string YesNo(bool value) => value ? "yes" : "no";

    private static string Words(FailureKind kind) => kind switch
    {
        FailureKind.ClientLeft => "the caller hangs up",
        FailureKind.BadRequest => "the request is wrong (400, 404, 413, 422): returned as the provider said it",
        FailureKind.TranslationRefused => "a translated request is refused",
        FailureKind.TargetNotAble => "the target can't do what the call needs: it is not called",
        FailureKind.BreakerOpen => "the breaker is open: the target is not called",
        FailureKind.Recovering => "the breaker is half-open and its share of calls is taken: the target is not called",
        FailureKind.Killed => "the kill switch names it: it is not called",
        FailureKind.BudgetSpent => "the caller's or the route's budget is spent: only what is free, or cheap enough for what is left, is called",
        FailureKind.ProviderBudgetSpent => "its provider's budget is spent: it is not called",
        FailureKind.QuotaLow => "it is close to its provider's rate limit and another target is not: it is left for that one",
        FailureKind.BrokenOff => "an operator kills it, calls under way included",
        FailureKind.DeadlineSpent => "the deadline passes",
        FailureKind.Saturated => "the gateway is full or draining",
        FailureKind.Dropped => "a person closes the question without an answer",
        FailureKind.HedgeLost => "another attempt of the same call is sooner",
        FailureKind.ConnectFailed => "no connection",
        FailureKind.ConnectTimeout => "no connection in time",
        FailureKind.ConnectionReset => "the connection breaks before an answer",
        FailureKind.ConnectionStale => "a kept connection had ended in the meantime",
        FailureKind.FirstTokenTimeout => "it hangs: no first word in time",
        FailureKind.RateLimited => "429, too much for now",
        FailureKind.QuotaExhausted => "the account's money or quota is gone",
        FailureKind.Overloaded => "529 or 503, overloaded",
        FailureKind.ProviderError => "any other 5xx, 408, 409",
        FailureKind.KeyRejected => "401 or 403: the gateway's own key is rejected",
        FailureKind.FalseRefusal => "401, 403, 429 or 400 that lies: the target was well for the same key and callers minutes ago",
        FailureKind.Redirected => "a redirect (never followed)",
        FailureKind.Garbage => "a 200 that is no answer: a web page, no JSON",
        FailureKind.EmptyAnswer => "a 200 without content",
        FailureKind.ErrorInStream => "an error inside a 200",
        FailureKind.Stalled => "silence in the middle of an answer",
        FailureKind.CutShort => "an answer that breaks off",
        FailureKind.NotContinued => "asked to go on with a cut answer, it begins anew instead",
    };
}
