using Understudy.Configuration;

namespace Understudy.CircuitBreaker;

/// <summary>What calls have shown of a target that nothing is held against yet. Not thread-safe: its breaker locks.</summary>
internal sealed class Findings(BreakerModel model, TimeProvider time)
{
    /// <summary>After so long without an outcome, what was seen before says nothing of now.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(1);

    private readonly CallWindow _window = new(model.Window, time);
    private readonly Drift _drift = new(model);
    private BreakerModel _model = model;
    private int _inARow;
    private long _lastAt;

    /// <summary>Puts other settings in force, of the same window.</summary>
    public void Apply(BreakerModel other)
    {
        _model = other;
        _drift.Apply(other);
    }

    /// <summary>An answer.</summary>
    public void Good(long now)
    {
        See(now);
        _window.AddGood(now);
        _drift.Good();
        _inARow = 0;
    }

    /// <summary>A failure.</summary>
    /// <param name="now">The timestamp.</param>
    /// <param name="mayDrift">Whether many of its kind speak for a sickness.</param>
    /// <param name="mostInARow">Failures in a row that are one too many.</param>
    public Finding Bad(long now, bool mayDrift, int mostInARow)
    {
        See(now);
        _window.AddBad(now);
        _inARow++;
        if (_inARow >= mostInARow || _window.IsBad(_model.MinimumCalls, _model.FailureRatio)) return Finding.Down;
        if (!_drift.IsOn || !mayDrift) return Finding.Nothing;
        _drift.Bad();
        return _drift.Evidence >= Wanted ? Finding.Ailing : Finding.Nothing;
    }

    /// <summary>
    /// The evidence that is wanted grows with the calls of the last while, for with a hundred times the calls a run of bad
    /// luck comes a hundred times as often. So a false alarm is as rare on a busy target as on a quiet one, and a busy one is
    /// found out sooner all the same.
    /// </summary>
    private double Wanted => _model.Evidence + Math.Log(Math.Max(_window.Calls, 1));

    private void See(long now)
    {
        if (time.GetElapsedTime(_lastAt, now) > Remembered) _drift.Forget();
        _lastAt = now;
    }
}

/// <summary>What a failure, with all before it, says of a target.</summary>
internal enum Finding
{
    /// <summary>Nothing yet.</summary>
    Nothing,

    /// <summary>Too many of its calls fail, and most go well.</summary>
    Ailing,

    /// <summary>It is down.</summary>
    Down,
}
