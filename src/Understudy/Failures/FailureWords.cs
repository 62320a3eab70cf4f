namespace Understudy.Failures;

/// <summary>Failures in a person's words.</summary>
public static class FailureWords
{
    /// <summary>The words for <paramref name="kind"/>.</summary>
    public static string Of(FailureKind kind) => kind switch
    {
        FailureKind.ClientLeft => "the client left",
        FailureKind.BadRequest => "refused the request as wrong",
        FailureKind.TranslationRefused => "did not take the translated request",
        FailureKind.TargetNotAble => "cannot do what the request asks",
        FailureKind.BreakerOpen => "is resting after failures",
        FailureKind.Recovering => "is coming back, and takes few calls yet",
        FailureKind.Killed => "is switched off",
        FailureKind.BudgetSpent => "the budget is spent",
        FailureKind.ProviderBudgetSpent => "its provider's budget is spent",
        FailureKind.QuotaLow => "is close to its rate limit",
        FailureKind.BrokenOff => "was switched off",
        FailureKind.DeadlineSpent => "the deadline passed",
        FailureKind.Saturated => "the gateway is full",
        FailureKind.Dropped => "was closed by a person",
        FailureKind.HedgeLost => "was overtaken by another attempt",
        FailureKind.ConnectFailed => "no connection",
        FailureKind.ConnectTimeout => "no connection in time",
        FailureKind.ConnectionReset => "the connection broke",
        FailureKind.ConnectionStale => "a kept connection had ended",
        FailureKind.FirstTokenTimeout => "no answer in time",
        FailureKind.RateLimited => "too many requests",
        FailureKind.QuotaExhausted => "the account's quota is gone",
        FailureKind.Overloaded => "overloaded",
        FailureKind.ProviderError => "server error",
        FailureKind.KeyRejected => "rejects the gateway's key",
        FailureKind.FalseRefusal => "refuses what it took minutes ago",
        FailureKind.Redirected => "redirects elsewhere",
        FailureKind.Garbage => "answered garbage",
        FailureKind.EmptyAnswer => "answered nothing",
        FailureKind.ErrorInStream => "an error inside the answer",
        FailureKind.Stalled => "fell silent",
        FailureKind.CutShort => "was cut off",
        FailureKind.NotContinued => "did not continue the answer",
    };
}
