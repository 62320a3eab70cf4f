using System.Collections.Concurrent;
using Understudy.Simulator.Answers;

namespace Understudy.Simulator.Serving;

/// <summary>Which prompt heads were seen before, for the cache's numbers in the usage. Bounded: it forgets all when full.</summary>
internal sealed class PromptCache
{
    private const int Capacity = 1024;
    private const int SmallestHead = 1024; // tokens; vendors cache nothing shorter

    private readonly ConcurrentDictionary<ulong, byte> _heads = new();

    /// <returns>Input tokens read from the cache and written to it.</returns>
    public (int Read, int Written) Look(ModelCall call)
    {
        if (call.CacheKey is not { } key) return (0, 0);
        var tokens = Math.Min(key.Length / 4, call.InputTokens - 1);
        if (tokens < SmallestHead) return (0, 0);
        if (_heads.Count >= Capacity) _heads.Clear();
        return _heads.TryAdd(SimulatorChance.SeedOf(key, 0), 0) ? (0, tokens) : (tokens, 0);
    }
}
