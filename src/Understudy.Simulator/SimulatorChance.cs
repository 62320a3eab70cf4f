namespace Understudy.Simulator;

/// <summary>
/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), safe to share. The simulator has its own: it shares nothing with the
/// engine it is to test.
/// </summary>
internal sealed class SimulatorChance(ulong seed)
{
    private ulong _state = seed;

    public ulong NextUInt64()
    {
        var z = Interlocked.Add(ref _state, 0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    public int Next(int exclusiveMaximum) => (int)(NextDouble() * exclusiveMaximum);

    /// <summary>A seed out of a text: FNV-1a over its UTF-16 units, the same on every machine.</summary>
    public static ulong SeedOf(string text, ulong seed)
    {
        var hash = 14695981039346656037UL ^ (seed * 0x9E3779B97F4A7C15);
        foreach (var unit in text)
        {
            hash = (hash ^ unit) * 1099511628211UL;
        }

        return hash;
    }
}
