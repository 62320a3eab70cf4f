using Understudy.Configuration;

namespace Understudy.Retry;

/// <summary>How long to wait before the next attempt at the same target.</summary>
public static class Backoff
{
    /// <summary>
    /// Exponential with full jitter, <c>U(0, min(cap, base · 2^retry))</c> (Brooker, AWS Architecture Blog, 2015), but
    /// never sooner than the provider asked. A herd that retries in step keeps a provider down; this spreads it.
    /// </summary>
    /// <param name="model">The settings.</param>
    /// <param name="retry">0 before the first retry.</param>
    /// <param name="retryAfter">What the provider asked for; the caller bounds it by the deadline.</param>
    /// <param name="chance">The source of chance.</param>
    public static TimeSpan Delay(RetryModel model, int retry, TimeSpan? retryAfter, Chance chance)
    {
        var ceiling = model.BaseDelay * Math.Pow(2, Math.Min(retry, 30));
        if (ceiling > model.MaxDelay) ceiling = model.MaxDelay;
        var delay = chance.NextUpTo(ceiling);
        // A herd that was told the same second must not come back in the same second either: jitter goes on top.
        return retryAfter is { } asked && asked > TimeSpan.Zero ? asked + delay : delay;
    }
}
