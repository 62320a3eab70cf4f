namespace Understudy.Drills.Providers;

/// <summary>
/// An account's rate limit: a bucket of tokens that refills evenly over a minute. A request takes its prompt and the
/// answer it will get when it is accepted, and gets nothing back when it fails: that is how OpenAI and Google say they
/// count, and Anthropic does not say otherwise (<c>unsuccessful requests contribute to your per-minute limit</c>).
/// </summary>
/// <param name="time">The time.</param>
/// <param name="perMinute">Tokens a minute.</param>
public sealed class TokenQuota(TimeProvider time, long perMinute)
{
    private double _left = perMinute;
    private long _at = time.GetTimestamp();

    /// <summary>Tokens a minute.</summary>
    public long PerMinute { get; } = perMinute;

    /// <summary>The share that is left now, in [0, 1].</summary>
    public double Left
    {
        get
        {
            Refill();
            return _left / PerMinute;
        }
    }

    /// <summary>Tokens that are left now.</summary>
    public long TokensLeft => (long)(Left * PerMinute);

    /// <summary>Takes <paramref name="tokens"/>.</summary>
    /// <returns>Zero where they were there; else how long until they will be.</returns>
    public TimeSpan TryTake(int tokens)
    {
        Refill();
        // A prompt larger than a minute's worth passes when the bucket is full: else it never would.
        var needed = Math.Min(tokens, PerMinute);
        if (_left < needed) return TimeSpan.FromSeconds((needed - _left) * 60 / PerMinute);
        _left -= needed;
        return TimeSpan.Zero;
    }

    private void Refill()
    {
        var now = time.GetTimestamp();
        _left = Math.Min(PerMinute, _left + (time.GetElapsedTime(_at, now).TotalSeconds * PerMinute / 60));
        _at = now;
    }
}
