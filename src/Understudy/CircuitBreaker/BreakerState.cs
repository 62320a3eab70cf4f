namespace Understudy.CircuitBreaker;

/// <summary>The state of a breaker. The numbers are those of the metric <c>understudy_breaker_state</c>.</summary>
public enum BreakerState
{
    /// <summary>Traffic flows.</summary>
    Closed = 0,

    /// <summary>A share of traffic flows, and grows on good answers.</summary>
    HalfOpen = 1,

    /// <summary>Only probes.</summary>
    Open = 2,
}

/// <summary>The states in words, as the admin API and <c>/health/providers</c> tell them.</summary>
public static class BreakerStateWords
{
    /// <summary>The word for a state.</summary>
    public static string Word(this BreakerState state) => state switch
    {
        BreakerState.Closed => "closed",
        BreakerState.HalfOpen => "half-open",
        BreakerState.Open => "open",
    };
}
