namespace Understudy.Drills;

/// <summary>
/// Time that stands still until it is moved, and then jumps from timer to timer. Timers fire inline, in the order of
/// their due times and, among equals, of their making: the same program gives the same run on any machine.
/// </summary>
/// <remarks>For one thread. A callback may create, change and dispose timers.</remarks>
public sealed class VirtualTime : TimeProvider
{
    private readonly PriorityQueue<Timer, Turn> _queue = new();
    private readonly DateTimeOffset _start;
    private long _now;
    private long _order;

    /// <summary>Time that begins at <paramref name="start"/>; by default at the outage of 2 June 2026, 06:04 UTC.</summary>
    public VirtualTime(DateTimeOffset? start = null) => _start = start ?? new(2026, 6, 2, 6, 4, 0, TimeSpan.Zero);

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How long it has run.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(_now);

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long GetTimestamp() => _now;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _start + TimeSpan.FromTicks(_now);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Jumps to the next timer and fires it.</summary>
    /// <returns>False where no timer is left.</returns>
    public bool RunNext() => RunNext(long.MaxValue);

    /// <summary>Fires every timer that is due within <paramref name="span"/>, then stands at its end.</summary>
    public void Advance(TimeSpan span)
    {
        var end = _now + span.Ticks;
        while (RunNext(end))
        {
        }

        _now = end;
    }

    private bool RunNext(long end)
    {
        while (_queue.TryPeek(out var timer, out var key))
        {
            if (key.Due > end) return false;
            _queue.Dequeue();
            if (timer.Order != key.Order) continue; // changed or disposed meanwhile
            _now = Math.Max(_now, key.Due);
            timer.Fire();
            return true;
        }

        return false;
    }

    private void Schedule(Timer timer, TimeSpan due)
    {
        timer.Order = ++_order;
        _queue.Enqueue(timer, new(_now + due.Ticks, timer.Order));
    }

    /// <summary>When a timer is due, and its rank among those that are due with it.</summary>
    private readonly record struct Turn(long Due, long Order) : IComparable<Turn>
    {
        public int CompareTo(Turn other) => Due != other.Due ? Due.CompareTo(other.Due) : Order.CompareTo(other.Order);
    }

    private sealed class Timer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimerCallback? _callback = callback;
        private object? _state = state;
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public long Order { get; set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            if (dueTime == Timeout.InfiniteTimeSpan) Order = 0;
            else time.Schedule(this, dueTime);
            return true;
        }

        public void Fire()
        {
            Order = 0;
            if (_period > TimeSpan.Zero) time.Schedule(this, _period);
            _callback?.Invoke(_state);
        }

        public void Dispose()
        {
            Order = 0;
            // It stays in the queue until its time comes; what it would have called must not.
            _callback = null;
            _state = null;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
