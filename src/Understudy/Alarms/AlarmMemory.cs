using Understudy.Configuration;

namespace Understudy.Alarms;

/// <summary>What a restart must not forget: what fires, who has it in hand, who was told and is to be told again.</summary>
/// <param name="Active">What fires or is acknowledged.</param>
/// <param name="Told">Who was told of which cause.</param>
public sealed record AlarmMemory(IReadOnlyList<Alarm> Active, IReadOnlyList<AlarmCauseMemory> Told);

/// <summary>Who was told of the alarms of one cause.</summary>
public sealed record AlarmCauseMemory
{
    /// <summary>The cause.</summary>
    public required string Cause { get; init; }

    /// <summary>Its alarms, those that are over among them.</summary>
    public required IReadOnlyList<Alarm> Alarms { get; init; }

    /// <summary>The receivers that were told.</summary>
    public required IReadOnlyList<string> Told { get; init; }

    /// <summary>How bad it was then.</summary>
    public AlarmSeverity ToldSeverity { get; init; }

    /// <summary>When more is to be told; null for not.</summary>
    public DateTimeOffset? TellAt { get; init; }

    /// <summary>When it is told again; null for not.</summary>
    public DateTimeOffset? RepeatAt { get; init; }

    /// <summary>When others are told; null for not.</summary>
    public DateTimeOffset? EscalateAt { get; init; }
}

/// <summary>Where alarms outlive the process. A seam: SQLite for one gateway, PostgreSQL for several (decision 0014).</summary>
public interface IAlarmStore
{
    /// <summary>Keeps what there is now, in place of what was. Does not wait; in trouble it is written when that is over.</summary>
    void Save(AlarmMemory memory);
}
