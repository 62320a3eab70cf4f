using Understudy.Observation;

namespace Understudy.ControlRoom.Feed;

/// <summary>Which rung of one route served, second by second for the last five. Not thread-safe: its feed locks.</summary>
internal sealed class RouteSums
{
    /// <summary>Seconds that count as now.</summary>
    public const int Seconds = 5;

    /// <summary>Rungs that are told apart.</summary>
    public const int Rungs = 12;

    private readonly int[] _served = new int[Seconds * Rungs];
    private int _second;

    /// <summary>Why the first one meant was left, the last time that it was.</summary>
    public AttemptRecord? Left { get; private set; }

    /// <summary>When.</summary>
    public DateTimeOffset LeftAt { get; private set; }

    /// <summary>Calls that a rung served in the last seconds.</summary>
    public int Served(int rung)
    {
        var sum = 0;
        for (var second = 0; second < Seconds; second++) sum += _served[(second * Rungs) + rung];
        return sum;
    }

    /// <summary>Adds an answered call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="rung">The rung that served it.</param>
    public void Add(CallRecord call, int rung)
    {
        if (rung is >= 0 and < Rungs) _served[(_second * Rungs) + rung]++;
        if (call.Attempts is not [{ Failure: not null } first, ..] || rung == first.Rung) return;
        Left = first;
        LeftAt = call.StartedAt + call.Duration;
    }

    /// <summary>A second has passed.</summary>
    public void Turn()
    {
        _second = (_second + 1) % Seconds;
        Array.Clear(_served, _second * Rungs, Rungs);
    }
}
