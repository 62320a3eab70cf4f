namespace Understudy;

/// <summary>
/// The only source of chance in the engine: seeded, so that the same seed gives the same drill to the byte.
/// Safe to share between threads.
/// </summary>
/// <param name="seed">The seed. A server takes one from the operating system; a drill names its own.</param>
/// <remarks>
/// SplitMix64 (Steele, Lea and Flood, <i>Fast splittable pseudorandom number generators</i>, OOPSLA 2014): one
/// interlocked add a draw, so that concurrent callers never wait for each other.
/// </remarks>
public sealed class Chance(ulong seed)
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    private ulong _state = seed;

    /// <summary>A number in [0, 1).</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A whole number in [0, <paramref name="exclusiveMaximum"/>).</summary>
    /// <param name="exclusiveMaximum">More than 0.</param>
    public int Next(int exclusiveMaximum)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMaximum);
        return (int)(NextDouble() * exclusiveMaximum);
    }

    /// <summary>A duration in [0, <paramref name="maximum"/>): the draw of full jitter.</summary>
    public TimeSpan NextUpTo(TimeSpan maximum) => TimeSpan.FromTicks((long)(NextDouble() * maximum.Ticks));

    /// <summary>64 bits.</summary>
    public ulong NextUInt64()
    {
        var z = Interlocked.Add(ref _state, GoldenGamma);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
