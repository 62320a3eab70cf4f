namespace Understudy.CircuitBreaker;

/// <summary>
/// How many calls that nobody else could serve a half-open target takes at once. To refuse 99 of 100 of them would be
/// absurd, and to let them all in would be a stampede: so their number is found the way TCP finds a path's capacity
/// (slow start and congestion avoidance, RFC 5681, 3.1), with answers for acknowledgements. Not thread-safe: its breaker
/// locks.
/// </summary>
/// <remarks>
/// One at first. Each good answer makes room for one more, which doubles the room with each round of answers, up to half
/// of where it failed last; from there it grows by one a round. A failure halves the room, once for all calls that were
/// under way together.
/// </remarks>
internal sealed class LastResort(TimeProvider time)
{
    private double _room = 1;
    private double _threshold = double.PositiveInfinity;
    private int _inFlight;
    private long _turnedAwayAt;
    private bool _turnedAway;

    /// <summary>The round: calls of one round share one failure.</summary>
    public int Round { get; private set; }

    /// <summary>Whether one more may be under way.</summary>
    public bool HasRoom => _inFlight < (int)_room;

    /// <summary>Lets a call in, or notes that it was turned away.</summary>
    public bool TryEnter()
    {
        if (HasRoom)
        {
            _inFlight++;
            return true;
        }

        _turnedAway = true;
        _turnedAwayAt = time.GetTimestamp();
        return false;
    }

    /// <summary>Whether calls were turned away within the last <paramref name="span"/>: full traffic would let them all in at once.</summary>
    public bool HasTurnedAwayWithin(TimeSpan span) => _turnedAway && time.GetElapsedTime(_turnedAwayAt) < span;

    /// <summary>A call ended that says nothing.</summary>
    public void Neutral() => _inFlight--;

    /// <summary>A call ended well.</summary>
    public void Good()
    {
        _inFlight--;
        _room += _room < _threshold ? 1 : 1 / _room;
    }

    /// <summary>A call failed.</summary>
    /// <param name="round">The round it was let in.</param>
    /// <returns>Whether there was no room left to halve: not even one call at a time goes well.</returns>
    public bool Bad(int round)
    {
        _inFlight--;
        if (round != Round) return false;
        var exhausted = _room < 2;
        _room = Math.Max(_room / 2, 1);
        _threshold = _room;
        Round++;
        return exhausted;
    }
}
