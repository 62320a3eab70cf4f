namespace Understudy.Drills.Traffic;

/// <summary>Which calls are one person's: a session has eight calls in the mean, among those of others.</summary>
/// <param name="rate">Calls a second.</param>
/// <param name="chance">The source of chance.</param>
public sealed class Sessions(double rate, Chance chance)
{
    /// <summary>Calls of a session, in the mean.</summary>
    public const int CallsPerSession = 8;

    /// <summary>The time between two calls of a session, in the mean.</summary>
    private const double SecondsBetween = 30;

    private readonly int[] _active = new int[Math.Max(1, (int)(rate * SecondsBetween))];
    private int _begun;

    /// <summary>Sessions so far.</summary>
    public int Count => _begun;

    /// <summary>The session of the next call.</summary>
    public int Next()
    {
        var seat = chance.Next(_active.Length);
        // Seats are numbered from 1: an empty one begins a session.
        if (_active[seat] == 0 || chance.Next(CallsPerSession) == 0) _active[seat] = ++_begun;
        return _active[seat] - 1;
    }
}
