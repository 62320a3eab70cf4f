namespace Understudy.Pipeline;

/// <summary>
/// The attempts that are under way at one target, so that an operator can break them off. Linked through the attempts
/// themselves: an attempt costs two pointers and two short locks, and no allocation.
/// </summary>
public sealed class AttemptList
{
    private readonly Lock _lock = new();
    private Attempt? _first;
    private int _count;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Those that are under way now.</summary>
    internal List<Attempt> Snapshot()
    {
        List<Attempt> all = [];
        lock (_lock)
        {
            for (var attempt = _first; attempt is not null; attempt = attempt.NextUnderWay) all.Add(attempt);
        }

        return all;
    }

    internal void Add(Attempt attempt)
    {
        lock (_lock)
        {
            attempt.NextUnderWay = _first;
            if (_first is not null) _first.PreviousUnderWay = attempt;
            _first = attempt;
            _count++;
        }
    }

    /// <summary>Removes it; harmless for one that is not there.</summary>
    internal void Remove(Attempt attempt)
    {
        lock (_lock)
        {
            if (attempt.PreviousUnderWay is { } previous) previous.NextUnderWay = attempt.NextUnderWay;
            else if (_first == attempt) _first = attempt.NextUnderWay;
            else return;
            if (attempt.NextUnderWay is { } next) next.PreviousUnderWay = attempt.PreviousUnderWay;
            attempt.NextUnderWay = attempt.PreviousUnderWay = null;
            _count--;
        }
    }
}
