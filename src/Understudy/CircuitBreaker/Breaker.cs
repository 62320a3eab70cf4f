using Understudy.Configuration;

namespace Understudy.CircuitBreaker;

/// <summary>The state of a breaker. The numbers are those of the metric <c>understudy_breaker_state</c>.</summary>
public enum BreakerState
{
    /// <summary>Traffic flows.</summary>
    Closed = 0,

    /// <summary>One probe at a time.</summary>
    HalfOpen = 1,

    /// <summary>Nothing flows.</summary>
    Open = 2,
}

/// <summary>How an attempt that a breaker let through has ended, as far as the breaker cares.</summary>
public enum BreakerVerdict
{
    /// <summary>It worked.</summary>
    Success,

    /// <summary>The target failed.</summary>
    Failure,

    /// <summary>It says nothing of the target: the client left, the request was bad, we gave up.</summary>
    Neutral,
}

/// <summary>Leave to call, given by <see cref="Breaker.TryAcquire"/>; hand it back with the verdict.</summary>
/// <param name="Generation">The breaker's state change under which it was given: a verdict on an older one says nothing.</param>
/// <param name="IsProbe">Whether it is the one probe of a half-open breaker.</param>
public readonly record struct BreakerPermit(int Generation, bool IsProbe);

/// <summary>
/// The circuit breaker of one target. It opens on failures in a row, or on their share in a window already at five
/// calls: model calls are few and slow, and a breaker that waits for a hundred never trips. After
/// <see cref="BreakerModel.OpenFor"/> one call may probe; each relapse doubles the wait.
/// </summary>
/// <remarks>Each state has its own method for each event, so the control flow is the state machine.</remarks>
public sealed class Breaker
{
    private const int Buckets = 10;

    private readonly Lock _lock = new();
    private readonly BreakerModel _model;
    private readonly TimeProvider _time;
    private readonly int[] _successes = new int[Buckets];
    private readonly int[] _failures = new int[Buckets];
    private readonly long _bucketTicks;
    private long _bucket;
    private int _consecutive;
    private int _generation;
    private int _relapses;
    private bool _probing;
    private BreakerState _state;
    private long _reopenAt;
    private DateTimeOffset _since;

    /// <summary>A closed breaker.</summary>
    public Breaker(BreakerModel model, TimeProvider time)
    {
        _model = model;
        _time = time;
        _bucketTicks = Math.Max((long)(model.Window.TotalSeconds / Buckets * time.TimestampFrequency), 1);
        _bucket = time.GetTimestamp() / _bucketTicks;
        _since = time.GetUtcNow();
    }

    /// <summary>Told after each change of state, outside the lock.</summary>
    public event Action<BreakerState>? Changed;

    /// <summary>The state now.</summary>
    public BreakerState State => _state;

    /// <summary>Since when.</summary>
    public DateTimeOffset Since => _since;

    /// <summary>How long until a call may probe; zero where one may now.</summary>
    public TimeSpan OpenFor
    {
        get
        {
            lock (_lock)
            {
                if (_state != BreakerState.Open) return TimeSpan.Zero;
                var left = _reopenAt - _time.GetTimestamp();
                return left <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((double)left / _time.TimestampFrequency);
            }
        }
    }

    /// <summary>Whether a call would be let through now. <see cref="TryAcquire"/> decides.</summary>
    public bool WouldAllow => _state == BreakerState.Closed || (_state == BreakerState.HalfOpen ? !_probing : OpenFor == TimeSpan.Zero);

    /// <summary>Asks for leave to call.</summary>
    public bool TryAcquire(out BreakerPermit permit)
    {
        var changed = false;
        bool allowed;
        lock (_lock)
        {
            switch (_state)
            {
                case BreakerState.Closed:
                    permit = new(_generation, IsProbe: false);
                    return true;
                case BreakerState.Open when _time.GetTimestamp() >= _reopenAt:
                    Enter_NeedsLock(BreakerState.HalfOpen);
                    changed = true;
                    break;
            }

            allowed = _state == BreakerState.HalfOpen && !_probing;
            if (allowed) _probing = true;
            permit = new(_generation, IsProbe: allowed);
        }

        if (changed) Changed?.Invoke(BreakerState.HalfOpen);
        return allowed;
    }

    /// <summary>Says how the call ended.</summary>
    public void Report(BreakerPermit permit, BreakerVerdict verdict)
    {
        BreakerState? changed;
        lock (_lock)
        {
            // What began under another state is news of the past: the hundred hangs that were in flight when the
            // breaker opened must not reopen it when they time out.
            if (permit.Generation != _generation) return;
            changed = _state switch
            {
                BreakerState.Closed => WhenClosed_NeedsLock(verdict),
                BreakerState.HalfOpen => WhenHalfOpen_NeedsLock(verdict),
                BreakerState.Open => null,
            };
        }

        if (changed is { } state) Changed?.Invoke(state);
    }

    /// <summary>Keeps calls away for a while, as the provider asked (<c>retry-after</c>) or because waiting is all that helps.</summary>
    public void HoldOff(TimeSpan duration)
    {
        bool changed;
        lock (_lock)
        {
            var until = _time.GetTimestamp() + ToTicks(duration < _model.MaxOpenFor ? duration : _model.MaxOpenFor);
            changed = _state != BreakerState.Open;
            if (changed) Enter_NeedsLock(BreakerState.Open);
            if (until > _reopenAt || changed) _reopenAt = until;
        }

        if (changed) Changed?.Invoke(BreakerState.Open);
    }

    /// <summary>Closes it by an operator's hand.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            if (_state == BreakerState.Closed) return;
            Close_NeedsLock();
        }

        Changed?.Invoke(BreakerState.Closed);
    }

    private BreakerState? WhenClosed_NeedsLock(BreakerVerdict verdict)
    {
        if (verdict == BreakerVerdict.Neutral) return null;
        var bucket = Roll_NeedsLock();
        if (verdict == BreakerVerdict.Success)
        {
            _successes[bucket]++;
            _consecutive = 0;
            return null;
        }

        _failures[bucket]++;
        _consecutive++;
        if (_consecutive < _model.ConsecutiveFailures && !RatioReached_NeedsLock()) return null;
        Open_NeedsLock();
        return BreakerState.Open;
    }

    private BreakerState? WhenHalfOpen_NeedsLock(BreakerVerdict verdict)
    {
        _probing = false;
        switch (verdict)
        {
            case BreakerVerdict.Success:
                Close_NeedsLock();
                return BreakerState.Closed;
            case BreakerVerdict.Failure:
                _relapses++;
                Open_NeedsLock();
                return BreakerState.Open;
            case BreakerVerdict.Neutral:
                return null;
        }

        return null;
    }

    private bool RatioReached_NeedsLock()
    {
        var failures = _failures.AsSpan();
        var failed = 0;
        var all = 0;
        for (var i = 0; i < failures.Length; i++)
        {
            failed += failures[i];
            all += failures[i] + _successes[i];
        }

        return all >= _model.MinimumCalls && failed >= all * _model.FailureRatio;
    }

    private void Open_NeedsLock()
    {
        Enter_NeedsLock(BreakerState.Open);
        var open = _model.OpenFor * Math.Pow(2, Math.Min(_relapses, 16));
        _reopenAt = _time.GetTimestamp() + ToTicks(open < _model.MaxOpenFor ? open : _model.MaxOpenFor);
    }

    private void Close_NeedsLock()
    {
        Enter_NeedsLock(BreakerState.Closed);
        Array.Clear(_successes);
        Array.Clear(_failures);
        _consecutive = 0;
        _relapses = 0;
    }

    private void Enter_NeedsLock(BreakerState state)
    {
        _state = state;
        _generation++;
        _probing = false;
        _since = _time.GetUtcNow();
    }

    private int Roll_NeedsLock()
    {
        var now = _time.GetTimestamp() / _bucketTicks;
        for (var steps = Math.Min(now - _bucket, Buckets); steps > 0; steps--)
        {
            var stale = (int)((now - steps + 1) % Buckets);
            _successes[stale] = 0;
            _failures[stale] = 0;
        }

        _bucket = now;
        return (int)(now % Buckets);
    }

    private long ToTicks(TimeSpan span) => (long)(span.TotalSeconds * _time.TimestampFrequency);
}
