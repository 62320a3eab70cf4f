namespace Understudy.CircuitBreaker;

/// <summary>Arithmetic with timestamps.</summary>
internal static class Timestamps
{
    /// <summary>The timestamp of <paramref name="span"/> from now.</summary>
    public static long After(this TimeProvider time, TimeSpan span) => time.After(time.GetTimestamp(), span);

    /// <summary>The timestamp that is <paramref name="span"/> after another.</summary>
    public static long After(this TimeProvider time, long timestamp, TimeSpan span) => timestamp + (long)(span.TotalSeconds * time.TimestampFrequency);
}
