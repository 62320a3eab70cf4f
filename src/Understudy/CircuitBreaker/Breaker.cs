using Understudy.Configuration;
using Understudy.Failures;

namespace Understudy.CircuitBreaker;

/// <summary>
/// The circuit breaker of one target. It opens on failures in a row, or on their share in a window already at five
/// calls: model calls are few and slow, and a breaker that waits for a hundred never trips. It closes on evidence and
/// not on a timer: good probes, then a growing share of real traffic (decision 0010).
/// </summary>
/// <remarks>
/// <code>
/// Closed ──failures──► Open ──good probes──► HalfOpen ──the ramp's last step──► Closed, but suspect for a while
///                       ▲                        │
///                       └──────one bad sign──────┘ a relapse: the next wait and the next ramp are twice as long
/// </code>
/// Each state has its own method for each event, so the control flow is the state machine.
/// </remarks>
public sealed class Breaker
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly ProbeSchedule _probes;
    private BreakerModel _model;
    private CallWindow _window;
    private LastResort _lastResort;
    private Ramp? _ramp;
    private BreakerState _state;
    private DateTimeOffset _since;
    private FailureKind? _cause;
    private int _generation;
    private int _consecutive;
    private int _relapses;
    private bool _everOpened;
    private long _closedAt;
    private long _restsUntil; // 0: it does not
    private long _suspectUntil;

    /// <summary>A closed breaker.</summary>
    public Breaker(BreakerModel model, TimeProvider time)
    {
        _model = model;
        _time = time;
        _probes = new(time);
        _window = new(model.Window, time);
        _lastResort = new(time);
        _since = time.GetUtcNow();
        _suspectUntil = time.GetTimestamp();
    }

    /// <summary>Told after each change of the state, and of the share while it is half-open; outside the lock.</summary>
    public event Action<BreakerState>? Changed;

    /// <summary>Told where <see cref="NextProbe"/> may have come nearer; outside the lock.</summary>
    public event Action? ProbeMoved;

    /// <summary>The state now. While it keeps calls away because the provider asked for it, it is open.</summary>
    public BreakerState State => _state == BreakerState.Closed && IsResting ? BreakerState.Open : _state;

    /// <summary>Since when.</summary>
    public DateTimeOffset Since => _since;

    /// <summary>What opened it last; null where nothing did.</summary>
    public FailureKind? Cause => _cause;

    /// <summary>How often it fell back of late: each doubles the next wait and the next ramp, and is forgotten with well time.</summary>
    public int Relapses => _relapses;

    /// <summary>The share of traffic that flows, from 0 to 1.</summary>
    public double Share
    {
        get
        {
            lock (_lock) return State switch { BreakerState.Closed => 1, BreakerState.HalfOpen => _ramp!.Share, BreakerState.Open => 0 };
        }
    }

    /// <summary>Whether it opens on fewer failures for now: a sibling is out, or it has only just come back.</summary>
    public bool IsSuspect => _time.GetTimestamp() < Volatile.Read(ref _suspectUntil);

    /// <summary>How long until real traffic may flow again at the soonest, if every probe to come is good; zero where some flows.</summary>
    public TimeSpan OpenFor
    {
        get
        {
            lock (_lock)
            {
                return _state switch
                {
                    BreakerState.Closed => IsResting ? _time.GetElapsedTime(_time.GetTimestamp(), _restsUntil) : TimeSpan.Zero,
                    BreakerState.HalfOpen => TimeSpan.Zero,
                    BreakerState.Open => _probes.Wait + (_model.ProbeEvery * Math.Max(ProbesNeeded - _probes.Good - 1, 0)),
                };
            }
        }
    }

    /// <summary>
    /// How long until the engine should probe (<see cref="TryProbe"/>); null where no probe is wanted: all is well, one is
    /// under way, users' calls do it, or nobody has asked for the target in a day.
    /// </summary>
    public TimeSpan? NextProbe
    {
        get
        {
            lock (_lock) return NextProbe_NeedsLock();
        }
    }

    /// <summary>Whether a call would be let through now. <see cref="TryAcquire"/> decides.</summary>
    public bool WouldAllow => Would(lastResort: false);

    /// <summary>Whether a call that nobody else could serve would be let through now. <see cref="TryAcquireAsLastResort"/> decides.</summary>
    public bool WouldAllowAsLastResort => Would(lastResort: true);

    private bool IsResting => _time.GetTimestamp() < Volatile.Read(ref _restsUntil);

    private bool UsersProbe => _model.Probe == ProbeKind.Traffic;

    private int ProbesNeeded => UsersProbe ? 1 : _model.GoodProbes;

    /// <summary>Asks for leave to call.</summary>
    public bool TryAcquire(out BreakerPermit permit) => Acquire(lastResort: false, out permit);

    /// <summary>Asks for leave for a call that nobody else could serve: half-open, more of these are let in than of others.</summary>
    public bool TryAcquireAsLastResort(out BreakerPermit permit) => Acquire(lastResort: true, out permit);

    /// <summary>Whether a leave still holds: one that was waited with is worth nothing where the breaker has opened meanwhile.</summary>
    public bool Holds(BreakerPermit permit)
    {
        lock (_lock) return permit.Generation == _generation && !IsResting;
    }

    /// <summary>Asks for leave to send a synthetic probe.</summary>
    /// <returns>Whether one is due.</returns>
    public bool TryProbe(out BreakerPermit permit)
    {
        lock (_lock)
        {
            permit = new(_generation, PermitKind.Probe, 0);
            if (NextProbe_NeedsLock() != TimeSpan.Zero) return false;
            _probes.Begin();
            return true;
        }
    }

    /// <summary>Says how the call or the probe ended.</summary>
    /// <param name="permit">The leave it was given.</param>
    /// <param name="verdict">How it ended.</param>
    /// <param name="cause">What failed, where something did: remembered if it opens the breaker.</param>
    public void Report(BreakerPermit permit, BreakerVerdict verdict, FailureKind? cause = null)
    {
        BreakerState? changed;
        lock (_lock)
        {
            // What began under another state is news of the past: the hundred hangs that were in flight when the
            // breaker opened must not reopen it when they time out.
            if (permit.Generation != _generation) return;
            if (permit.IsProbe) _probes.End();
            changed = _state switch
            {
                BreakerState.Closed => WhenClosed_NeedsLock(permit, verdict),
                BreakerState.Open => WhenOpen_NeedsLock(verdict),
                BreakerState.HalfOpen => WhenHalfOpen_NeedsLock(permit, verdict),
            };
            if (changed == BreakerState.Open) _cause = cause ?? _cause;
        }

        if (changed is { } state) Tell(state);
        else if (permit.Kind == PermitKind.UsersProbe) ProbeMoved?.Invoke(); // the next one may not be a user's: settings change
    }

    /// <summary>
    /// Keeps calls away for a while, as the provider asked (<c>retry-after</c>). That is manners and not an outage: when
    /// the time is over calls flow as before, and what fails in the meantime counts as ever.
    /// </summary>
    /// <param name="duration">For how long; <see cref="BreakerModel.MaxOpenFor"/> at the most.</param>
    /// <param name="cause">What the provider said it with.</param>
    public void HoldOff(TimeSpan duration, FailureKind? cause = null)
    {
        bool changed;
        lock (_lock)
        {
            var until = _time.After(duration < _model.MaxOpenFor ? duration : _model.MaxOpenFor);
            changed = State != BreakerState.Open;
            if (changed) _cause = cause ?? _cause;
            if (_state == BreakerState.HalfOpen) Open_NeedsLock();
            if (_state == BreakerState.Open)
            {
                _probes.Hold(until);
            }
            else
            {
                if (changed) _since = _time.GetUtcNow();
                Volatile.Write(ref _restsUntil, Math.Max(_restsUntil, until));
            }
        }

        if (changed) Tell(BreakerState.Open);
    }

    /// <summary>Opens it at once: what failed does not get better by being tried again.</summary>
    /// <param name="cause">What failed.</param>
    /// <param name="atLeast">How long it is left alone before it is probed, where that is longer than the ordinary wait.</param>
    public void Trip(FailureKind cause, TimeSpan atLeast)
    {
        bool changed;
        lock (_lock)
        {
            changed = _state != BreakerState.Open;
            if (_state == BreakerState.Closed) CountRelapse_NeedsLock();
            if (changed) Open_NeedsLock();
            _cause = cause;
            _probes.Hold(_time.After(atLeast < _model.MaxOpenFor ? atLeast : _model.MaxOpenFor));
        }

        if (changed) Tell(BreakerState.Open);
    }

    /// <summary>A sibling is out for a reason that this target may share: it opens on fewer failures for a while, and is probed at once.</summary>
    /// <returns>Whether that is news.</returns>
    public bool Suspect()
    {
        bool news;
        lock (_lock)
        {
            news = !IsSuspect;
            Volatile.Write(ref _suspectUntil, Math.Max(_suspectUntil, _time.After(_model.SuspectFor)));
            if (news && _state == BreakerState.Closed && _probes.IsWanted) _probes.DueIn(TimeSpan.Zero);
        }

        if (news) ProbeMoved?.Invoke();
        return news;
    }

    /// <summary>Closes it by an operator's hand, and forgets what was.</summary>
    public void Reset()
    {
        bool changed;
        lock (_lock)
        {
            changed = State != BreakerState.Closed;
            _ramp = null;
            if (changed) Close_NeedsLock();
            _relapses = 0;
            _everOpened = false;
            _suspectUntil = _time.GetTimestamp();
        }

        if (changed) Tell(BreakerState.Closed);
    }

    /// <summary>Puts other settings in force. The state stays; a ramp under way ends by the old ones.</summary>
    public void Apply(BreakerModel model)
    {
        lock (_lock)
        {
            if (model.Window != _model.Window) _window = new(model.Window, _time);
            _model = model;
        }
    }

    // Asking for leave.

    private bool Acquire(bool lastResort, out BreakerPermit permit)
    {
        bool allowed;
        var rested = false;
        var probeMoved = false;
        lock (_lock)
        {
            switch (_state)
            {
                case BreakerState.Closed:
                    permit = new(_generation, PermitKind.Closed, 0);
                    allowed = _restsUntil == 0 || (rested = TryEndRest_NeedsLock());
                    break;
                case BreakerState.HalfOpen:
                    allowed = EnterHalfOpen_NeedsLock(lastResort, out permit);
                    break;
                default:
                    allowed = EnterOpen_NeedsLock(lastResort, out permit, out probeMoved);
                    break;
            }
        }

        if (rested) Tell(BreakerState.Closed);
        if (probeMoved) ProbeMoved?.Invoke();
        return allowed;
    }

    private bool TryEndRest_NeedsLock()
    {
        if (IsResting) return false;
        _restsUntil = 0;
        _since = _time.GetUtcNow();
        return true;
    }

    private bool EnterHalfOpen_NeedsLock(bool lastResort, out BreakerPermit permit)
    {
        _probes.Asked(_time.GetTimestamp());
        if (lastResort)
        {
            permit = new(_generation, PermitKind.LastResort, _lastResort.Round);
            return _lastResort.TryEnter();
        }

        permit = new(_generation, PermitKind.Share, _ramp!.Step);
        return _ramp.TryEnter();
    }

    private bool EnterOpen_NeedsLock(bool lastResort, out BreakerPermit permit, out bool probeMoved)
    {
        permit = new(_generation, PermitKind.UsersProbe, 0);
        probeMoved = !UsersProbe && _probes.AskedInVain(_model, lastResort);
        if (!IsUsersProbeDue) return false;
        _probes.Begin();
        return true;
    }

    private bool IsUsersProbeDue => UsersProbe && !_probes.UnderWay && _probes.Wait == TimeSpan.Zero;

    private bool Would(bool lastResort)
    {
        if (_state == BreakerState.Closed) return !IsResting;
        lock (_lock)
        {
            return _state switch
            {
                BreakerState.Closed => true,
                BreakerState.HalfOpen => lastResort ? _lastResort.HasRoom : _ramp!.HasRoom,
                BreakerState.Open => IsUsersProbeDue,
            };
        }
    }

    private TimeSpan? NextProbe_NeedsLock() => UsersProbe ? null : _probes.Next;

    // What each state makes of a verdict. They return the state to tell of; null where nothing changed.

    private BreakerState? WhenClosed_NeedsLock(BreakerPermit permit, BreakerVerdict verdict)
    {
        var now = _time.GetTimestamp();
        if (!permit.IsProbe) _probes.Asked(now);
        else if (verdict == BreakerVerdict.Failure) _probes.DueIn(_model.ProbeEvery);
        else _probes.Stop();
        if (verdict == BreakerVerdict.Neutral) return null;
        if (verdict == BreakerVerdict.Success)
        {
            _window.AddGood(now);
            _consecutive = 0;
            return null;
        }

        _window.AddBad(now);
        _consecutive++;
        var limit = now < _suspectUntil ? Math.Min(_model.SuspectFailures, _model.ConsecutiveFailures) : _model.ConsecutiveFailures;
        if (_consecutive < limit && !_window.IsBad(_model.MinimumCalls, _model.FailureRatio)) return null;
        CountRelapse_NeedsLock();
        return Open_NeedsLock();
    }

    private BreakerState? WhenOpen_NeedsLock(BreakerVerdict verdict)
    {
        switch (verdict)
        {
            case BreakerVerdict.Success:
                _probes.Succeeded(_model);
                if (_probes.Good < ProbesNeeded) return null;
                return _model.Ramp.Count == 0 ? Close_NeedsLock() : BeginRamp_NeedsLock();
            case BreakerVerdict.Failure when UsersProbe:
                return Relapse_NeedsLock(); // a user paid for it: the next one is asked later
            case BreakerVerdict.Failure:
                _probes.Failed(_model);
                return null;
            case BreakerVerdict.Neutral when !UsersProbe:
                _probes.DueIn(_model.ProbeEvery);
                return null;
            default:
                return null;
        }
    }

    private BreakerState? WhenHalfOpen_NeedsLock(BreakerPermit permit, BreakerVerdict verdict) => verdict switch
    {
        BreakerVerdict.Success => Climb_NeedsLock(permit),
        BreakerVerdict.Failure => Slip_NeedsLock(permit),
        BreakerVerdict.Neutral => GiveBack_NeedsLock(permit),
    };

    private BreakerState? Climb_NeedsLock(BreakerPermit permit)
    {
        var ramp = _ramp!;
        if (permit.Kind == PermitKind.LastResort) _lastResort.Good();
        _probes.DueIn(ramp.ProbeGap);
        if (!ramp.Good(isCallOfThisStep: permit.Kind == PermitKind.LastResort || (permit.Kind == PermitKind.Share && permit.Mark == ramp.Step))) return null;
        if (ramp.TryAdvance()) return BreakerState.HalfOpen;
        // While calls are turned away that nobody else can serve, to close would be to let them all in at once.
        return _lastResort.HasTurnedAwayWithin(_model.ProbeEvery) ? null : Close_NeedsLock();
    }

    private BreakerState? Slip_NeedsLock(BreakerPermit permit)
    {
        // It was given more than it can carry yet, but it carries some: fewer at once, and one step back.
        if (permit.Kind != PermitKind.LastResort || _lastResort.Bad(permit.Mark)) return Relapse_NeedsLock();
        _ramp!.Retreat();
        return BreakerState.HalfOpen;
    }

    private BreakerState? GiveBack_NeedsLock(BreakerPermit permit)
    {
        if (permit.Kind == PermitKind.LastResort) _lastResort.Neutral();
        else if (permit.Kind == PermitKind.Share) _ramp!.GiveBack(permit.Mark);
        else _probes.DueIn(_ramp!.ProbeGap);
        return null;
    }

    // Changes of state.

    private BreakerState Open_NeedsLock()
    {
        _everOpened = true;
        _probes.Open(Growth.Doubled(_model.OpenFor, _relapses, _model.MaxOpenFor));
        return Enter_NeedsLock(BreakerState.Open);
    }

    private BreakerState Relapse_NeedsLock()
    {
        _relapses++;
        return Open_NeedsLock();
    }

    private BreakerState BeginRamp_NeedsLock()
    {
        _ramp = new(_model, _relapses, _time);
        _lastResort = new(_time);
        _probes.DueIn(_ramp.ProbeGap);
        return Enter_NeedsLock(BreakerState.HalfOpen);
    }

    private BreakerState Close_NeedsLock()
    {
        _window = new(_model.Window, _time);
        _consecutive = 0;
        _closedAt = _time.GetTimestamp();
        _probes.Stop();
        // The last step of a ramp is full traffic: for as long as the ramp was it is watched closely.
        if (_ramp is { } ramp) _suspectUntil = Math.Max(_suspectUntil, _time.After(ramp.Length));
        _ramp = null;
        return Enter_NeedsLock(BreakerState.Closed);
    }

    private BreakerState Enter_NeedsLock(BreakerState state)
    {
        _state = state;
        _generation++;
        _restsUntil = 0;
        _probes.End();
        _since = _time.GetUtcNow();
        return state;
    }

    /// <summary>It opens anew: one relapse more, and one less for each stretch of well time that went before.</summary>
    private void CountRelapse_NeedsLock()
    {
        if (!_everOpened) return;
        var stretches = _time.GetElapsedTime(_closedAt) / _model.MaxRampFor;
        _relapses = (int)Math.Max(_relapses + 1 - Math.Floor(stretches), 0);
    }

    private void Tell(BreakerState state)
    {
        Changed?.Invoke(state);
        ProbeMoved?.Invoke();
    }
}
