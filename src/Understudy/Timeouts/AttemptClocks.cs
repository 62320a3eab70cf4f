using Understudy.Failures;

namespace Understudy.Timeouts;

/// <summary>
/// The clocks of one attempt: first content, silence between contents, and the call's deadline over both. (The fourth,
/// connect, is kept where connections are made.) Only content counts as progress: pings do not.
/// </summary>
/// <remarks>
/// One timer an attempt. Progress only moves a number; the timer looks at it when it fires and goes back to sleep for
/// what is left, so that a chunk costs no timer work.
/// </remarks>
public sealed class AttemptClocks : IDisposable
{
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly long _deadline;
    private readonly long _idleTicks;
    private readonly CancellationTokenRegistration _clientLeft;
    private long _limit;
    private long _wakeAt;
    private int _ended;
    private volatile bool _contentSeen;
    private bool _left;
    private FailureKind _expired;

    /// <summary>Starts the clocks.</summary>
    /// <param name="time">The time.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="deadline">The call's deadline, as a timestamp of <paramref name="time"/>.</param>
    /// <param name="clientLeft">Fires when the client hangs up.</param>
    public AttemptClocks(TimeProvider time, ClockLimits limits, long deadline, CancellationToken clientLeft)
    {
        _time = time;
        _deadline = deadline;
        _idleTicks = ToTimestamp(limits.Idle);
        var now = time.GetTimestamp();
        _limit = Math.Min(now + ToTimestamp(limits.FirstToken), deadline);
        _clientLeft = clientLeft.UnsafeRegister(static state => ((AttemptClocks)state!).ClientLeft(), this);
        _timer = time.CreateTimer(static state => ((AttemptClocks)state!).Fired(), this, Due(now), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Fires when a clock has run out or the client has left.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>Which failure it was, once <see cref="Token"/> has fired; else null.</summary>
    public FailureKind? Expired => Volatile.Read(ref _ended) == 0 ? null : _left ? FailureKind.ClientLeft : _expired;

    /// <summary>Content came: the idle clock starts anew.</summary>
    public void Progress()
    {
        _contentSeen = true;
        var now = _time.GetTimestamp();
        var limit = Math.Min(now + _idleTicks, _deadline);
        Volatile.Write(ref _limit, limit);
        // Rarely: after the first content, whose clock is longer, and after a hold.
        if (limit < Volatile.Read(ref _wakeAt)) _timer.Change(Due(now), Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// The client is slow to take what it has: no silence of the provider's. Only the deadline counts until the next
    /// <see cref="Progress"/>.
    /// </summary>
    public void Hold() => Volatile.Write(ref _limit, _deadline);

    /// <summary>Ends the attempt by the engine's or an operator's decision, unless it has ended already: <see cref="Token"/> fires. Any thread.</summary>
    /// <param name="why">What <see cref="Expired"/> then says.</param>
    public void End(FailureKind why)
    {
        if (Volatile.Read(ref _ended) != 0) return;
        _expired = why;
        if (Interlocked.CompareExchange(ref _ended, 1, 0) == 0) _cancellation.Cancel();
    }

    /// <summary>Stops the clocks. <see cref="Token"/> fires no more.</summary>
    public void Dispose()
    {
        _clientLeft.Dispose();
        _timer.Dispose();
        // The source is not disposed: a timer callback may be on its way, and without a wait handle there is nothing to free.
    }

    private void ClientLeft()
    {
        if (Interlocked.CompareExchange(ref _ended, 1, 0) != 0) return;
        _left = true;
        _cancellation.Cancel();
    }

    private void Fired()
    {
        var now = _time.GetTimestamp();
        if (now < Volatile.Read(ref _limit))
        {
            _timer.Change(Due(now), Timeout.InfiniteTimeSpan);
            return;
        }

        _expired = now >= _deadline ? FailureKind.DeadlineSpent : _contentSeen ? FailureKind.Stalled : FailureKind.FirstTokenTimeout;
        if (Interlocked.CompareExchange(ref _ended, 1, 0) == 0) _cancellation.Cancel();
    }

    private TimeSpan Due(long now)
    {
        var limit = Volatile.Read(ref _limit);
        Volatile.Write(ref _wakeAt, limit);
        var ticks = Math.Max(limit - now, 0);
        // Rounded up to a millisecond: a timer that fires early would only go round again.
        return TimeSpan.FromMilliseconds(Math.Ceiling(ticks * 1000.0 / _time.TimestampFrequency));
    }

    private long ToTimestamp(TimeSpan span) => (long)(span.TotalSeconds * _time.TimestampFrequency);
}
