namespace Understudy.CircuitBreaker;

/// <content>Who is let through.</content>
public sealed partial class Breaker
{
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
        if (lastResort && _ailing)
        {
            permit = OnlyWay;
            return true;
        }

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
        var passes = lastResort && IsOnlyWayOpen;
        probeMoved = !UsersProbe && _probes.AskedInVain(_model, lastResort && !passes);
        if (IsUsersProbeDue)
        {
            _probes.Begin();
            return true;
        }

        if (passes) permit = OnlyWay;
        return passes;
    }

    /// <summary>
    /// Most calls go well there: to refuse all that have no other way, for the sake of those that would fail, would lose
    /// more than it saves. A provider that asks to be left alone is, all the same.
    /// </summary>
    private bool IsOnlyWayOpen => _ailing && !IsResting;

    private BreakerPermit OnlyWay => new(_generation, PermitKind.OnlyWay, 0);

    private bool IsUsersProbeDue => UsersProbe && !_probes.UnderWay && _probes.Wait == TimeSpan.Zero;

    private bool Would(bool lastResort)
    {
        if (_state == BreakerState.Closed) return !IsResting;
        lock (_lock)
        {
            return _state switch
            {
                BreakerState.Closed => true,
                BreakerState.HalfOpen => lastResort ? _ailing || _lastResort.HasRoom : _ramp!.HasRoom,
                BreakerState.Open => IsUsersProbeDue || (lastResort && IsOnlyWayOpen),
            };
        }
    }

    private TimeSpan? NextProbe_NeedsLock() => UsersProbe ? null : _probes.Next;
}
