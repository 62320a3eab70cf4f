using Understudy.Configuration;
using Understudy.Failures;

namespace Understudy.CircuitBreaker;

/// <summary>Which targets fail together: models of one account, and providers behind one front.</summary>
public static class SharedFate
{
    /// <summary>
    /// Whether <paramref name="other"/> may be ill of what opened a target of <paramref name="fallen"/>. Models of one
    /// provider share its account, its API and its capacity; providers behind one front share the network and whatever
    /// answers 5xx in their name.
    /// </summary>
    public static bool MayShare(FailureKind? cause, ProviderModel fallen, ProviderModel other) => cause switch
    {
        FailureKind.ConnectFailed or FailureKind.ConnectTimeout or FailureKind.ConnectionReset
            or FailureKind.ProviderError or FailureKind.Overloaded => fallen.Name == other.Name || fallen.Edge == other.Edge,
        FailureKind.FirstTokenTimeout or FailureKind.FalseRefusal or FailureKind.KeyRejected or FailureKind.QuotaExhausted => fallen.Name == other.Name,
        _ => false, // a model's own: what it said, or how much of it was asked for
    };
}
