namespace Understudy.Caching;

/// <summary>
/// Answers that were given, by call. In memory, bounded by bytes, the least recently used going first; a store behind it
/// is read once at the start and only written from then on, so that no call ever waits for it. Thread-safe.
/// </summary>
/// <param name="time">The time.</param>
public sealed class AnswerCache(TimeProvider time)
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<CacheKey, LinkedListNode<CacheEntry>> _entries = [];
    private readonly LinkedList<CacheEntry> _byUse = []; // the least recently used first
    private ICacheStore? _store;
    private long _bytes;
    private long _most = 64 * 1024 * 1024;
    private TimeSpan _oldest = TimeSpan.FromHours(24);
    private long _swept = time.GetTimestamp();

    /// <summary>How many entries it holds, and their bytes.</summary>
    public (int Entries, long Bytes, long MostBytes) Load
    {
        get
        {
            lock (_lock) return (_entries.Count, _bytes, _most);
        }
    }

    /// <summary>Sets its bounds.</summary>
    /// <param name="mostBytes">Bytes at most.</param>
    /// <param name="oldest">Nothing older is ever asked for.</param>
    public void Bound(long mostBytes, TimeSpan oldest)
    {
        List<CacheKey> gone = [];
        lock (_lock)
        {
            (_most, _oldest) = (mostBytes, oldest);
            Shrink_NeedsLock(gone);
        }

        if (gone.Count > 0) _store?.Forget(gone);
    }

    /// <summary>From here on <paramref name="store"/> keeps what is kept; what it held is taken in.</summary>
    /// <param name="store">The store.</param>
    /// <param name="held">The oldest first.</param>
    public void Attach(ICacheStore store, IEnumerable<CacheEntry> held)
    {
        lock (_lock)
        {
            foreach (var entry in held) Put_NeedsLock(entry);
        }

        _store = store;
    }

    /// <summary>The answer to a call, if it is no older than that; else null.</summary>
    public CacheEntry? Find(CacheKey key, TimeSpan maxAge)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var node) || time.GetUtcNow() - node.Value.At > maxAge) return null;
            _byUse.Remove(node);
            _byUse.AddLast(node);
            return node.Value;
        }
    }

    /// <summary>Keeps an answer.</summary>
    public void Keep(CacheEntry entry)
    {
        List<CacheKey> gone = [];
        lock (_lock)
        {
            if (entry.Size > _most / 8) return; // one answer must not drive all the others out
            Put_NeedsLock(entry);
            Shrink_NeedsLock(gone);
            if (time.GetElapsedTime(_swept) > SweepEvery) Sweep_NeedsLock(gone);
        }

        _store?.Keep(entry);
        if (gone.Count > 0) _store?.Forget(gone);
    }

    /// <summary>Forgets what an operator wants gone.</summary>
    /// <param name="client">Whose; null for everybody's.</param>
    /// <param name="olderThan">What is older; null for any age.</param>
    /// <returns>How many were in memory, and whether they are gone from the store; null where there is none.</returns>
    public async Task<(int Entries, bool? FromStore)> PurgeAsync(string? client, TimeSpan? olderThan)
    {
        var before = olderThan is { } age ? time.GetUtcNow() - age : (DateTimeOffset?)null;
        int count;
        lock (_lock)
        {
            var gone = _byUse.Where(entry => (client is null || string.Equals(entry.Client, client, StringComparison.OrdinalIgnoreCase)) && (before is null || entry.At < before)).ToList();
            foreach (var entry in gone) Remove_NeedsLock(entry.Key);
            count = gone.Count;
        }

        return (count, _store is { } store ? await store.PurgeAsync(client, before).ConfigureAwait(false) : null);
    }

    private void Put_NeedsLock(CacheEntry entry)
    {
        Remove_NeedsLock(entry.Key);
        _entries[entry.Key] = _byUse.AddLast(entry);
        _bytes += entry.Size;
    }

    private void Remove_NeedsLock(CacheKey key)
    {
        if (!_entries.Remove(key, out var node)) return;
        _byUse.Remove(node);
        _bytes -= node.Value.Size;
    }

    private void Shrink_NeedsLock(List<CacheKey> gone)
    {
        while (_bytes > _most && _byUse.First is { } least)
        {
            gone.Add(least.Value.Key);
            Remove_NeedsLock(least.Value.Key);
        }
    }

    private void Sweep_NeedsLock(List<CacheKey> gone)
    {
        _swept = time.GetTimestamp();
        var limit = time.GetUtcNow() - _oldest;
        foreach (var entry in _byUse.Where(entry => entry.At < limit).ToList())
        {
            gone.Add(entry.Key);
            Remove_NeedsLock(entry.Key);
        }
    }
}
