namespace Understudy.Deferral;

/// <summary>How many pieces are in which state, and how many wait in which lane. Thread-safe.</summary>
public sealed class DeferralTally
{
    private readonly Lock _lock = new();
    private readonly long[] _byState = new long[DeferredStates.All.Count];
    private readonly SortedDictionary<string, long> _waiting = new(StringComparer.Ordinal);
    private long _bytes;

    /// <summary>Bytes of requests and answers that are kept.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The lanes in which something waits, by name.</summary>
    public IReadOnlyList<string> Lanes
    {
        get
        {
            lock (_lock) return [.. _waiting.Keys];
        }
    }

    /// <summary>How many wait in which lane, by name.</summary>
    public IReadOnlyList<(string Lane, long Waiting)> Waiting
    {
        get
        {
            lock (_lock) return [.. _waiting.Select(lane => (lane.Key, lane.Value))];
        }
    }

    /// <summary>How many are in a state.</summary>
    public long Count(DeferredState state)
    {
        lock (_lock) return _byState[(int)state];
    }

    /// <summary>Pieces come from nowhere, go from one state to another, or are forgotten.</summary>
    /// <param name="lane">Their lane.</param>
    /// <param name="from">Where they were; null for nowhere.</param>
    /// <param name="to">Where they are; null for nowhere.</param>
    /// <param name="count">How many.</param>
    /// <param name="bytes">How much more, or less, is kept by it.</param>
    public void Move(string lane, DeferredState? from, DeferredState? to, long count = 1, long bytes = 0)
    {
        lock (_lock)
        {
            if (from is { } left) Add_NeedsLock(lane, left, -count);
            if (to is { } reached) Add_NeedsLock(lane, reached, count);
        }

        Interlocked.Add(ref _bytes, bytes);
    }

    private void Add_NeedsLock(string lane, DeferredState state, long count)
    {
        _byState[(int)state] += count;
        if (state != DeferredState.Waiting) return;
        var waiting = _waiting.GetValueOrDefault(lane) + count;
        if (waiting > 0) _waiting[lane] = waiting;
        else _waiting.Remove(lane);
    }
}
