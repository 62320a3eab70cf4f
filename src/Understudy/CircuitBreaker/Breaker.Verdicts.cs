namespace Understudy.CircuitBreaker;

/// <content>What each state makes of a verdict. What is returned is the state to tell of; null where nothing changed.</content>
public sealed partial class Breaker
{
    private BreakerState? WhenClosed_NeedsLock(BreakerPermit permit, BreakerVerdict verdict, bool mayDrift)
    {
        var now = _time.GetTimestamp();
        if (!permit.IsProbe) _probes.Asked(now);
        else if (verdict == BreakerVerdict.Failure) _probes.DueIn(_model.ProbeEvery);
        else _probes.Stop();
        if (verdict == BreakerVerdict.Neutral) return null;
        if (verdict == BreakerVerdict.Success)
        {
            _findings.Good(now);
            return null;
        }

        var limit = now < _suspectUntil ? Math.Min(_model.SuspectFailures, _model.ConsecutiveFailures) : _model.ConsecutiveFailures;
        var finding = _findings.Bad(now, mayDrift, limit);
        if (finding == Finding.Nothing) return null;
        CountRelapse_NeedsLock();
        _ailing = finding == Finding.Ailing;
        return Open_NeedsLock();
    }

    private BreakerState? WhenOpen_NeedsLock(BreakerPermit permit, BreakerVerdict verdict, bool mayDrift)
    {
        // Users' calls are no probes: they would let the ramp begin before its time, for most of them go well.
        if (permit.Kind == PermitKind.OnlyWay) return IsDown_NeedsLock(verdict, mayDrift) ? GoDown_NeedsLock() : null;
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

    private BreakerState? WhenHalfOpen_NeedsLock(BreakerPermit permit, BreakerVerdict verdict, bool mayDrift)
    {
        if (permit.Kind == PermitKind.OnlyWay && IsDown_NeedsLock(verdict, mayDrift)) return GoDown_NeedsLock();
        return verdict switch
        {
            BreakerVerdict.Success => Climb_NeedsLock(permit),
            BreakerVerdict.Failure => Slip_NeedsLock(permit),
            BreakerVerdict.Neutral => GiveBack_NeedsLock(permit),
        };
    }

    /// <summary>Whether an ailing target has gone down meanwhile, as those see who have no other way.</summary>
    private bool IsDown_NeedsLock(BreakerVerdict verdict, bool mayDrift)
    {
        var now = _time.GetTimestamp();
        if (verdict == BreakerVerdict.Success) _findings.Good(now);
        return verdict == BreakerVerdict.Failure && _findings.Bad(now, mayDrift, _model.ConsecutiveFailures) == Finding.Down;
    }

    private BreakerState? Climb_NeedsLock(BreakerPermit permit)
    {
        var ramp = _ramp!;
        if (permit.Kind == PermitKind.LastResort) _lastResort.Good();
        _probes.DueIn(ramp.ProbeGap);
        if (!ramp.Good(isCallOfThisStep: permit.Kind is PermitKind.LastResort or PermitKind.OnlyWay || (permit.Kind == PermitKind.Share && permit.Mark == ramp.Step))) return null;
        if (ramp.TryAdvance()) return BreakerState.HalfOpen;
        // While calls are turned away that nobody else can serve, to close would be to let them all in at once.
        return _lastResort.HasTurnedAwayWithin(_model.ProbeEvery) ? null : Close_NeedsLock();
    }

    private BreakerState? Slip_NeedsLock(BreakerPermit permit)
    {
        if (permit.Kind is PermitKind.Share or PermitKind.OnlyWay && !_ramp!.Bad()) return null;
        // It was given more than it can carry yet, but it carries some: fewer at once, and one step back.
        if (permit.Kind != PermitKind.LastResort || _lastResort.Bad(permit.Mark)) return Relapse_NeedsLock();
        _ramp!.Retreat();
        return BreakerState.HalfOpen;
    }

    private BreakerState? GiveBack_NeedsLock(BreakerPermit permit)
    {
        if (permit.Kind == PermitKind.LastResort) _lastResort.Neutral();
        else if (permit.Kind == PermitKind.Share) _ramp!.GiveBack(permit.Mark);
        else if (permit.IsProbe) _probes.DueIn(_ramp!.ProbeGap);
        return null;
    }

    private BreakerState Open_NeedsLock()
    {
        _everOpened = true;
        _findings = new(_model, _time);
        _probes.Open(Growth.Doubled(_model.OpenFor, _relapses, _model.MaxOpenFor));
        return Enter_NeedsLock(BreakerState.Open);
    }

    private BreakerState GoDown_NeedsLock()
    {
        _ailing = false;
        return Open_NeedsLock();
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
        _findings = new(_model, _time);
        _ailing = false;
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
