namespace Understudy.CircuitBreaker;

/// <summary>How an attempt that a breaker let through has ended, as far as the breaker cares.</summary>
public enum BreakerVerdict
{
    /// <summary>It worked.</summary>
    Success,

    /// <summary>The target failed.</summary>
    Failure,

    /// <summary>It says nothing of the target: the client left, the request was bad, we gave up.</summary>
    Neutral,
}
