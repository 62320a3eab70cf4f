using Understudy.Configuration;

namespace Understudy.CircuitBreaker;

/// <summary>
/// When the next probe of a target is due: the sooner, the more the target is wanted; the later, the longer probes have
/// failed. Not thread-safe: its breaker locks.
/// </summary>
internal sealed class ProbeSchedule(TimeProvider time)
{
    /// <summary>A target that was asked for within this is probed often.</summary>
    private static readonly TimeSpan Wanted = TimeSpan.FromMinutes(10);

    /// <summary>A target that was not asked for within this is not probed: clients choose model names, and nobody misses it.</summary>
    private static readonly TimeSpan Forgotten = TimeSpan.FromDays(1);

    /// <summary>A target without which a call was refused within this is probed as often as may be.</summary>
    private static readonly TimeSpan Missed = TimeSpan.FromMinutes(1);

    private long _due = long.MaxValue;
    private long _heldUntil;
    private long _openedAt;
    private long _askedAt = time.GetTimestamp();
    private long? _missedAt;
    private long _begunAt;
    private int _failed;

    /// <summary>Whether one is under way.</summary>
    public bool UnderWay { get; private set; }

    /// <summary>Good ones in a row since the target was opened.</summary>
    public int Good { get; private set; }

    /// <summary>Whether calls asked for the target of late.</summary>
    public bool IsWanted => AskedWithin(Wanted);

    /// <summary>How long until the next; zero where it is due; null where none is to be sent.</summary>
    public TimeSpan? Next => UnderWay || _due == long.MaxValue || !AskedWithin(Forgotten) ? null : Wait;

    /// <summary>How long until the next may be sent, whoever sends it.</summary>
    public TimeSpan Wait
    {
        get
        {
            var now = time.GetTimestamp();
            return _due <= now ? TimeSpan.Zero : time.GetElapsedTime(now, _due);
        }
    }

    /// <summary>One begins.</summary>
    public void Begin()
    {
        UnderWay = true;
        _begunAt = time.GetTimestamp();
    }

    /// <summary>None is under way any more, or what is says nothing.</summary>
    public void End() => UnderWay = false;

    /// <summary>A call asked for the target.</summary>
    public void Asked(long now) => _askedAt = now;

    /// <summary>The target was opened: the first is due after <paramref name="wait"/>.</summary>
    public void Open(TimeSpan wait)
    {
        _openedAt = time.GetTimestamp();
        _heldUntil = 0;
        Good = 0;
        _failed = 0;
        DueIn(wait);
    }

    /// <summary>None is due before <paramref name="until"/>: the provider asked to be left alone.</summary>
    public void Hold(long until)
    {
        _heldUntil = Math.Max(_heldUntil, until);
        _due = Math.Max(_due, until);
    }

    /// <summary>The next is due in <paramref name="wait"/>.</summary>
    public void DueIn(TimeSpan wait) => _due = time.After(wait);

    /// <summary>None is due.</summary>
    public void Stop() => _due = long.MaxValue;

    /// <summary>A call asked for the open target in vain.</summary>
    /// <param name="model">The settings.</param>
    /// <param name="lastResort">Whether nobody else could serve it.</param>
    /// <returns>Whether the next probe has come nearer for it.</returns>
    public bool AskedInVain(BreakerModel model, bool lastResort)
    {
        var now = time.GetTimestamp();
        var forgotten = !IsWanted;
        Asked(now);
        if (lastResort) _missedAt = now;
        // Somebody is refused for want of it: then to wait is no virtue. Or nobody had wanted it, and now somebody does.
        if (UnderWay || !(lastResort || forgotten)) return false;
        var soon = Math.Max(Math.Max(now, _heldUntil), time.After(Math.Max(_openedAt, _begunAt), model.ProbeEvery));
        if (soon >= _due) return false;
        _due = soon;
        return true;
    }

    /// <summary>A probe of the open target was good.</summary>
    public void Succeeded(BreakerModel model)
    {
        Good++;
        _failed = 0;
        DueIn(model.ProbeEvery);
    }

    /// <summary>A probe of the open target failed: the gap doubles, up to a bound that is the lower, the more the target is wanted.</summary>
    public void Failed(BreakerModel model)
    {
        Good = 0;
        _failed++;
        var most = IsMissed ? model.ProbeEvery : IsWanted ? model.OpenFor : model.MaxOpenFor;
        DueIn(Growth.Doubled(model.ProbeEvery, _failed, most));
    }

    private bool IsMissed => _missedAt is { } at && time.GetElapsedTime(at) < Missed;

    private bool AskedWithin(TimeSpan span) => time.GetElapsedTime(_askedAt) < span;
}
