namespace Understudy.Pipeline;

/// <summary>
/// How many pieces of one route are done at once. Nobody knows what a provider that has just come back will carry, and a
/// million pieces may wait: so the number is found the way TCP finds a path's capacity (slow start and congestion
/// avoidance, RFC 5681), beginning with one. Not thread-safe: its worker locks.
/// </summary>
internal sealed class DeferralLane
{
    private double _window = 1;
    private double _threshold = double.PositiveInfinity;
    private int _round;

    /// <summary>How many are under way.</summary>
    public int UnderWay { get; private set; }

    /// <summary>Nothing is begun before this timestamp.</summary>
    public long PausedUntil { get; private set; }

    /// <summary>How many more may be begun now.</summary>
    public int RoomAt(long now) => now < PausedUntil ? 0 : Math.Max((int)_window - UnderWay, 0);

    /// <summary>A piece is begun.</summary>
    /// <returns>Its round: pieces of one round share one failure.</returns>
    public int Begin()
    {
        UnderWay++;
        return _round;
    }

    /// <summary>A piece was answered.</summary>
    /// <param name="most">The window grows no further.</param>
    public void Good(int most)
    {
        UnderWay--;
        _window = Math.Min(_window + (_window < _threshold ? 1 : 1 / _window), most);
    }

    /// <summary>A piece met trouble: fewer at once.</summary>
    /// <param name="round">The round that it was begun in.</param>
    public void Held(int round)
    {
        UnderWay--;
        if (round != _round) return;
        _window = Math.Max(_window / 2, 1);
        _threshold = _window;
        _round++;
    }

    /// <summary>Nobody could be asked: after a pause one piece finds out whether that has changed.</summary>
    /// <param name="until">The end of the pause, as a timestamp.</param>
    public void Nobody(long until)
    {
        UnderWay--;
        _window = 1;
        _threshold = double.PositiveInfinity;
        _round++;
        if (until > PausedUntil) PausedUntil = until;
    }

    /// <summary>A piece ended in a way that says nothing of the providers.</summary>
    public void Neutral() => UnderWay--;

    /// <summary>Something has changed: the pause is over.</summary>
    public void Resume() => PausedUntil = 0;
}
