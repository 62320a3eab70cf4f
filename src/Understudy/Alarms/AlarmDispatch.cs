using Understudy.Configuration;

namespace Understudy.Alarms;

/// <summary>
/// Who is told of which alarms, and when: alarms of one cause in one message, again while nobody acknowledges, to others
/// after a time, and once more when all of it is over. Decides only; whoever delivers listens to <see cref="Due"/>.
/// </summary>
public sealed class AlarmDispatch : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, AlarmGroup> _groups = new(StringComparer.Ordinal);
    private readonly AlarmBook _book;
    private readonly TimeProvider _time;
    private readonly Func<AlarmsModel> _model;
    private readonly ITimer _next;

    /// <summary>Listens to <paramref name="book"/> from now on.</summary>
    /// <param name="book">The alarms.</param>
    /// <param name="time">The time.</param>
    /// <param name="model">Who is told of what; asked whenever something is due.</param>
    public AlarmDispatch(AlarmBook book, TimeProvider time, Func<AlarmsModel> model)
    {
        _book = book;
        _time = time;
        _model = model;
        _next = time.CreateTimer(_ => Step(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        book.Changed += Hear;
    }

    /// <summary>Told of each message when it is due. Must not block.</summary>
    public event Action<AlarmMessage>? Due;

    /// <summary>Told when there is something new to remember. Must not block.</summary>
    public event Action? Changed;

    /// <summary>What a restart must not forget.</summary>
    public IReadOnlyList<AlarmCauseMemory> Memory
    {
        get
        {
            lock (_lock) return [.. _groups.Values.Select(group => group.Memory)];
        }
    }

    /// <summary>Takes up what was remembered, once the book has: who was told is told again when it was to be, and when it is over.</summary>
    public void Recall(IEnumerable<AlarmCauseMemory> told)
    {
        var messages = new List<AlarmMessage>();
        var active = _book.Active.Select(alarm => alarm.Id).ToHashSet(StringComparer.Ordinal);
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            foreach (var cause in told)
            {
                var group = _groups[cause.Cause] = new(cause.Cause) { Memory = cause };
                // What the book does not know it will never say to be over: a process that is killed writes down one of the two sooner.
                foreach (var orphan in cause.Alarms.Where(alarm => alarm.State != AlarmState.Resolved && !active.Contains(alarm.Id))) group.Take(orphan with { State = AlarmState.Resolved, ResolvedAt = now }, _model(), now, messages);
                if (group.IsOver) _groups.Remove(cause.Cause);
            }

            Arm_NeedsLock(now);
        }

        Send(messages);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _book.Changed -= Hear;
        _next.Dispose();
    }

    private void Hear(Alarm alarm)
    {
        var messages = new List<AlarmMessage>();
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            if (!_groups.TryGetValue(alarm.Cause, out var group))
            {
                if (alarm.State != AlarmState.Firing) return; // acknowledged or over before this process could tell of it
                _groups.Add(alarm.Cause, group = new(alarm.Cause));
            }

            group.Take(alarm, _model(), now, messages);
            if (group.IsOver) _groups.Remove(alarm.Cause);
            Arm_NeedsLock(now);
        }

        Send(messages);
        Changed?.Invoke();
    }

    private void Step()
    {
        var messages = new List<AlarmMessage>();
        var active = _book.Active;
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            var model = _model();
            foreach (var alarm in active) _groups.GetValueOrDefault(alarm.Cause)?.Refresh(alarm);
            foreach (var group in _groups.Values) group.Step(model, now, messages);
            Arm_NeedsLock(now);
        }

        Send(messages);
        if (messages.Count > 0) Changed?.Invoke();
    }

    private void Arm_NeedsLock(DateTimeOffset now)
    {
        // Looked at once a minute at least: a clock can be set, and a reload can change what is due.
        var soonest = now + TimeSpan.FromMinutes(1);
        foreach (var group in _groups.Values) soonest = group.NextAt < soonest ? group.NextAt.Value : soonest;
        var wait = soonest > now ? soonest - now : TimeSpan.Zero;
        _next.Change(_groups.Count == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }

    private void Send(List<AlarmMessage> messages)
    {
        foreach (var message in messages) Due?.Invoke(message);
    }
}
