using System.Threading.Tasks.Sources;

namespace Understudy.Drills.Providers;

/// <summary>
/// A wait in virtual time that goes on in line, also when it is called off: nothing hops to another thread, or the order
/// of a drill would be left to the machine. One wait at a time; the object is used again for the next.
/// </summary>
internal sealed class VirtualWait : IValueTaskSource<bool>, IDisposable
{
    private readonly TimeProvider _time;
    private ITimer? _timer;
    private ManualResetValueTaskSourceCore<bool> _core;
    private bool _waiting;
    private bool _calledOff;

    public VirtualWait(TimeProvider time) => _time = time;

    /// <summary>Waits.</summary>
    /// <param name="span">How long; at or over <see cref="Exchange.Never"/> until it is called off.</param>
    /// <returns>False where it was called off.</returns>
    public ValueTask<bool> ForAsync(TimeSpan span)
    {
        if (_calledOff) return new(false);
        if (span <= TimeSpan.Zero) return new(true);
        _core.Reset();
        _waiting = true;
        if (span != Exchange.Never)
        {
            if (_timer is null) _timer = _time.CreateTimer(static wait => ((VirtualWait)wait!).Finish(onTime: true), this, span, Timeout.InfiniteTimeSpan);
            else _timer.Change(span, Timeout.InfiniteTimeSpan);
        }

        return new(this, _core.Version);
    }

    /// <summary>Ends the wait, and every later one.</summary>
    public void CallOff()
    {
        _calledOff = true;
        Finish(onTime: false);
    }

    public void Dispose() => _timer?.Dispose();

    bool IValueTaskSource<bool>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Finish(bool onTime)
    {
        if (!_waiting) return;
        _waiting = false;
        _core.SetResult(onTime);
    }
}
