namespace Understudy.Drills;

/// <summary>
/// Seeds for independent sources of chance, made of a drill's seed and of what they are for: the third attempt of call
/// 4711 draws the same under every strategy, however many draws there were before.
/// </summary>
public static class Seeds
{
    /// <summary>Mixes <paramref name="part"/> into <paramref name="seed"/> (the finalizer of SplitMix64, as in <see cref="Chance"/>).</summary>
    public static ulong Mix(ulong seed, ulong part)
    {
        var z = (seed ^ (part * 0xD6E8FEB86659FD93)) + 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Mixes a name into <paramref name="seed"/> (FNV-1a: <see cref="string.GetHashCode()"/> changes with every start).</summary>
    public static ulong Mix(ulong seed, string name)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in name) hash = (hash ^ c) * 1099511628211UL;
        return Mix(seed, hash);
    }
}
