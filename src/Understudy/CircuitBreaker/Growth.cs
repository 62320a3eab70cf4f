namespace Understudy.CircuitBreaker;

/// <summary>Times that double, within a bound.</summary>
internal static class Growth
{
    /// <summary><paramref name="first"/> doubled <paramref name="times"/> times, but no more than <paramref name="most"/>.</summary>
    public static TimeSpan Doubled(TimeSpan first, int times, TimeSpan most)
    {
        if (first >= most) return most;
        var grown = first.Ticks * Math.Pow(2, Math.Min(times, 40));
        return grown < most.Ticks ? TimeSpan.FromTicks((long)grown) : most;
    }
}
