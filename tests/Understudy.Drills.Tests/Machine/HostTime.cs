namespace Understudy.Drills.Tests.Machine;

/// <summary>
/// The time as one process has it: its timers die with it, and those that it has left can be told by whose they are.
/// </summary>
internal sealed class HostTime(VirtualTime time) : TimeProvider
{
    private readonly HashSet<Timer> _set = [];
    private bool _dead;

    /// <inheritdoc/>
    public override long TimestampFrequency => time.TimestampFrequency;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Whose timers are set, and how many.</summary>
    public IEnumerable<(string Owner, int Count)> Set => _set.GroupBy(timer => timer.Owner).Select(group => (group.Key, group.Count())).OrderBy(pair => pair.Key, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override long GetTimestamp() => time.GetTimestamp();

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Start(time, dueTime, period);
        return timer;
    }

    /// <summary>The process is gone.</summary>
    public void Die()
    {
        _dead = true;
        _set.Clear();
    }

    private sealed class Timer(HostTime host, TimerCallback callback, object? state) : ITimer
    {
        private ITimer _timer = null!;
        private bool _periodic;

        public string Owner => (state ?? callback.Target)?.GetType().Name ?? callback.Method.DeclaringType?.Name ?? "?";

        public void Start(VirtualTime time, TimeSpan dueTime, TimeSpan period)
        {
            Note(dueTime, period);
            _timer = time.CreateTimer(static self => ((Timer)self!).Fire(), this, dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Note(dueTime, period);
            return _timer.Change(dueTime, period);
        }

        public void Dispose()
        {
            host._set.Remove(this);
            _timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Note(TimeSpan dueTime, TimeSpan period)
        {
            _periodic = period > TimeSpan.Zero;
            if (host._dead || dueTime == Timeout.InfiniteTimeSpan) host._set.Remove(this);
            else host._set.Add(this);
        }

        private void Fire()
        {
            if (host._dead) return;
            if (!_periodic) host._set.Remove(this);
            callback(state);
        }
    }
}
