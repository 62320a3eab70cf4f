using Understudy.Configuration;

namespace Understudy.Alarms;

/// <summary>The states of an alarm.</summary>
public enum AlarmState
{
    /// <summary>It is so, and nobody has taken it on.</summary>
    Firing,

    /// <summary>It is so, and somebody sees to it: nobody else is woken.</summary>
    Acknowledged,

    /// <summary>It is over.</summary>
    Resolved,
}

/// <summary>The states in words, as the admin API and messages have them.</summary>
public static class AlarmStateWords
{
    /// <summary>As in <c>firing</c>.</summary>
    public static string Word(this AlarmState state) => state switch
    {
        AlarmState.Firing => "firing",
        AlarmState.Acknowledged => "acknowledged",
        AlarmState.Resolved => "resolved",
    };
}

/// <summary>One alarm at one moment. Holds no content, no key and no name that a client made up.</summary>
public sealed record Alarm
{
    /// <summary>Its id: the same for the same rule and subject, over reloads and restarts.</summary>
    public required string Id { get; init; }

    /// <summary>Which rule.</summary>
    public required AlarmRule Rule { get; init; }

    /// <summary>What it is about.</summary>
    public required string Subject { get; init; }

    /// <summary>What is probably at its root: alarms of one cause are told together.</summary>
    public required string Cause { get; init; }

    /// <summary>How bad it is.</summary>
    public required AlarmSeverity Severity { get; init; }

    /// <summary>Its state.</summary>
    public required AlarmState State { get; init; }

    /// <summary>Since when it has been so: before it fired, where the rule waits.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When it fired.</summary>
    public required DateTimeOffset FiredAt { get; init; }

    /// <summary>What is so, with the numbers of now (or of its end), in a sentence without a full stop.</summary>
    public required string Text { get; init; }

    /// <summary>The number, in the unit of the rule's limit.</summary>
    public required double Value { get; init; }

    /// <summary>Who acknowledged it; null where nobody has.</summary>
    public string? AcknowledgedBy { get; init; }

    /// <summary>When; null where nobody has.</summary>
    public DateTimeOffset? AcknowledgedAt { get; init; }

    /// <summary>What that person said; null where nobody has.</summary>
    public string? AcknowledgedWhy { get; init; }

    /// <summary>When it was over; null while it is not.</summary>
    public DateTimeOffset? ResolvedAt { get; init; }
}
