using Understudy.Configuration;
using Understudy.Failures;

namespace Understudy.CircuitBreaker;

/// <summary>
/// The circuit breaker of one target. It opens on failures in a row, or on their share in a window already at five
/// calls: model calls are few and slow, and a breaker that waits for a hundred never trips. Where failures creep in, it
/// opens on the sum of the evidence (decision 0024); such a target is ailing, and serves those who have no other. It closes
/// on evidence and not on a timer: good probes, then a growing share of real traffic (decision 0010).
/// </summary>
/// <remarks>
/// <code>
/// Closed ──failures──► Open ──good probes──► HalfOpen ──the ramp's last step──► Closed, but suspect for a while
///                       ▲                        │
///                       └──────one bad sign──────┘ a relapse: the next wait and the next ramp are twice as long
/// </code>
/// Each state has its own method for each event, so the control flow is the state machine: who is let through stands in
/// <c>Breaker.Leave.cs</c>, what becomes of it in <c>Breaker.Verdicts.cs</c>.
/// </remarks>
public sealed partial class Breaker
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly ProbeSchedule _probes;
    private BreakerModel _model;
    private Findings _findings;
    private LastResort _lastResort;
    private Ramp? _ramp;
    private BreakerState _state;
    private DateTimeOffset _since;
    private FailureKind? _cause;
    private int _generation;
    private int _relapses;
    private bool _everOpened;
    private volatile bool _ailing;
    private long _closedAt;
    private long _restsUntil; // 0: it does not
    private long _suspectUntil;

    /// <summary>A closed breaker.</summary>
    public Breaker(BreakerModel model, TimeProvider time)
    {
        _model = model;
        _time = time;
        _probes = new(time);
        _findings = new(model, time);
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

    /// <summary>Whether it is kept from calls although most of them go well there: those that have no other way still pass.</summary>
    public bool IsAiling => _ailing;

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
    /// <param name="mayDrift">
    /// Whether a share of such failures speaks for a sickness (<see cref="BreakerModel.Tolerate"/>). A limit's refusals do not:
    /// who lives at his limit has some every day. Nor what is told apart and moved at once, at no cost.
    /// </param>
    public void Report(BreakerPermit permit, BreakerVerdict verdict, FailureKind? cause = null, bool mayDrift = true)
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
                BreakerState.Closed => WhenClosed_NeedsLock(permit, verdict, mayDrift),
                BreakerState.Open => WhenOpen_NeedsLock(permit, verdict, mayDrift),
                BreakerState.HalfOpen => WhenHalfOpen_NeedsLock(permit, verdict, mayDrift),
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
            if (_state == BreakerState.Open) _probes.Hold(until);
            else if (changed) _since = _time.GetUtcNow();
            Volatile.Write(ref _restsUntil, Math.Max(_restsUntil, until)); // while it is open it is ailing targets that this keeps calls from
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
            _ailing = false;
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
            else _findings = new(_model, _time);
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
            if (model.Window != _model.Window) _findings = new(model, _time);
            else _findings.Apply(model);
            _model = model;
        }
    }
}
