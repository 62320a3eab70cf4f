namespace Understudy.Failures;

/// <summary>
/// Every way in which a call or an attempt can fail: a closed set. What follows from each (who is to blame, whether to
/// try again, what the client hears) stands in one table, <see cref="FailureTraits"/>; nothing guesses later.
/// </summary>
public enum FailureKind
{
    // The client's side: never counted against a provider.

    /// <summary>The client hung up before its answer was whole.</summary>
    ClientLeft,

    /// <summary>The provider refused the request as wrong (400, 404, 413, 422): returned as it said it, at once.</summary>
    BadRequest,

    // Ours: never counted against a provider.

    /// <summary>A translated or moved request was refused by a target that the client did not name: another may take it.</summary>
    TranslationRefused,

    /// <summary>The target cannot do what the call needs (images, tools, size): it was not called.</summary>
    TargetNotAble,

    /// <summary>The target's breaker is open: it was not called.</summary>
    BreakerOpen,

    /// <summary>The target's breaker is half-open, and its share of calls is taken: it was not called.</summary>
    Recovering,

    /// <summary>The kill switch names the target: it was not called.</summary>
    Killed,

    /// <summary>The client's or the route's budget is spent: no target was called that costs more than is left.</summary>
    BudgetSpent,

    /// <summary>The provider's budget is spent: the target was not called.</summary>
    ProviderBudgetSpent,

    /// <summary>The target is close to its provider's rate limit: it was left for another one before it says so.</summary>
    QuotaLow,

    /// <summary>An operator killed the target while the attempt was under way: it goes on elsewhere.</summary>
    BrokenOff,

    /// <summary>The call's own deadline passed.</summary>
    DeadlineSpent,

    /// <summary>The gateway is draining or full.</summary>
    Saturated,

    /// <summary>A hedge was made and the other attempt had its first content sooner: this one was given up.</summary>
    HedgeLost,

    /// <summary>A person looked at the question and closed it without an answer.</summary>
    Dropped,

    // The provider's side, before the headers.

    /// <summary>No connection: refused, unreachable, name not found, TLS failed.</summary>
    ConnectFailed,

    /// <summary>No connection within the connect clock.</summary>
    ConnectTimeout,

    /// <summary>The connection broke before an answer began.</summary>
    ConnectionReset,

    /// <summary>A kept connection that the provider had let go of in the meantime: nobody's fault, and known only by trying.</summary>
    ConnectionStale,

    /// <summary>No first content within the first-token clock: a hang.</summary>
    FirstTokenTimeout,

    // The provider's side, at the headers.

    /// <summary>429: too many requests or tokens for now.</summary>
    RateLimited,

    /// <summary>The account's money or quota is gone (402, <c>insufficient_quota</c>, spend limit): waiting does not help.</summary>
    QuotaExhausted,

    /// <summary>529 or 503: overloaded.</summary>
    Overloaded,

    /// <summary>Any other 5xx, 408 or 409.</summary>
    ProviderError,

    /// <summary>401 or 403: the provider rejects the gateway's own key.</summary>
    KeyRejected,

    /// <summary>A 401, 403, 429 or 400 whose code lies: the target was well for the same callers and the same key minutes ago. An outage.</summary>
    FalseRefusal,

    /// <summary>A redirect; never followed to another origin.</summary>
    Redirected,

    // The provider's side, in a 200.

    /// <summary>Not what the protocol says: a web page, no JSON, the wrong content type, an event too large.</summary>
    Garbage,

    /// <summary>A 200 without any content.</summary>
    EmptyAnswer,

    /// <summary>An error told inside a 200.</summary>
    ErrorInStream,

    /// <summary>Silence after the first content, longer than the idle clock.</summary>
    Stalled,

    /// <summary>The connection broke, or the body ended, before the protocol's closing event.</summary>
    CutShort,

    /// <summary>Asked to go on with a cut answer, it did not: it began anew, apologised, or changed the language.</summary>
    NotContinued,
}
