using Understudy.Configuration;

namespace Understudy.Alarms;

/// <summary>Why a receiver is told.</summary>
public enum AlarmMessageKind
{
    /// <summary>It is new.</summary>
    Trigger,

    /// <summary>More alarms of the same cause, or a worse one.</summary>
    Update,

    /// <summary>It goes on, and nobody has acknowledged it.</summary>
    Repeat,

    /// <summary>Nobody else has acknowledged it in time.</summary>
    Escalate,

    /// <summary>Somebody sees to it.</summary>
    Acknowledge,

    /// <summary>All of it is over.</summary>
    Resolve,
}

/// <summary>What one receiver is to be told: all alarms of one cause together. Holds no content and no key.</summary>
public sealed record AlarmMessage
{
    /// <summary>The receiver's name.</summary>
    public required string Receiver { get; init; }

    /// <summary>Why it is told.</summary>
    public required AlarmMessageKind Kind { get; init; }

    /// <summary>The same for all messages about one cause, over restarts too: what receivers know repetitions by.</summary>
    public required string Key { get; init; }

    /// <summary>What is at the root of it.</summary>
    public required string Cause { get; init; }

    /// <summary>The worst of the alarms.</summary>
    public required AlarmSeverity Severity { get; init; }

    /// <summary>The alarms, the worst first; those that are over meanwhile among them.</summary>
    public required IReadOnlyList<Alarm> Alarms { get; init; }

    /// <summary>When it was due.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>It in one line, without a full stop.</summary>
    public string Summary
    {
        get
        {
            var open = Alarms.Where(alarm => alarm.State != AlarmState.Resolved).ToList();
            var first = (open.Count > 0 ? open : Alarms)[0];
            var more = Math.Max(open.Count, 1) - 1;
            var text = more > 0 ? $"{first.Text} (and {more} more of the same cause)" : first.Text;
            return Kind switch
            {
                AlarmMessageKind.Trigger or AlarmMessageKind.Update => text,
                AlarmMessageKind.Repeat => $"still: {text}",
                AlarmMessageKind.Escalate => $"nobody has acknowledged: {text}",
                AlarmMessageKind.Acknowledge => $"{first.AcknowledgedBy} sees to it: {text}",
                AlarmMessageKind.Resolve => $"over: {Cause} is well again after {Say.Span(At - Alarms.Min(alarm => alarm.FiredAt))}",
            };
        }
    }
}
