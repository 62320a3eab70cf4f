using Understudy.Caching;
using Understudy.Overrides;

namespace Understudy.Drills.Tests.Machine;

/// <summary>
/// What outlives the process: in memory here, because a disk has its own time. The real one is tested where it lives; to the
/// engine both are the same seam. A process that is dead writes nothing more.
/// </summary>
internal sealed class MachineStore
{
    private readonly Dictionary<CacheKey, CacheEntry> _answers = [];
    private readonly List<CacheKey> _order = [];

    /// <summary>The orders in force.</summary>
    public IReadOnlyList<Override> Orders { get; private set; } = [];

    /// <summary>The pins in force.</summary>
    public IReadOnlyList<Pin> Pins { get; private set; } = [];

    /// <summary>The answers that were kept, the oldest first.</summary>
    public IEnumerable<CacheEntry> Answers => _order.Select(key => _answers[key]);

    /// <summary>The store as one process sees it.</summary>
    public Seat For(MachineHost host) => new(this, host);

    /// <summary>One process's way to the store.</summary>
    internal sealed class Seat(MachineStore store, MachineHost host) : IOverrideStore, IPinStore, ICacheStore
    {
        /// <inheritdoc/>
        public Task<bool> SaveAsync(IReadOnlyList<Override> inForce, OverrideAction action)
        {
            if (!host.IsDead) store.Orders = [.. inForce];
            return Task.FromResult(true);
        }

        /// <inheritdoc/>
        public Task<bool> SavePinsAsync(IReadOnlyList<Pin> inForce, OverrideAction action)
        {
            if (!host.IsDead) store.Pins = [.. inForce];
            return Task.FromResult(true);
        }

        /// <inheritdoc/>
        public void Keep(CacheEntry entry)
        {
            if (host.IsDead) return;
            if (store._answers.ContainsKey(entry.Key)) store._order.Remove(entry.Key);
            store._answers[entry.Key] = entry;
            store._order.Add(entry.Key);
        }

        /// <inheritdoc/>
        public void Forget(IReadOnlyList<CacheKey> keys)
        {
            if (host.IsDead) return;
            foreach (var key in keys)
            {
                if (store._answers.Remove(key)) store._order.Remove(key);
            }
        }

        /// <inheritdoc/>
        public Task<bool> PurgeAsync(string? client, DateTimeOffset? before) => Task.FromResult(true);
    }
}
