namespace Understudy.Configuration;

/// <summary>What wakes whom.</summary>
public sealed record AlarmsModel
{
    /// <summary>The share of calls that is to be answered, over 30 days; a route may have its own. Default 0.999.</summary>
    public double Objective { get; init; } = 0.999;

    /// <summary>The rules that are set otherwise than by default.</summary>
    public IReadOnlyDictionary<AlarmRule, AlarmRuleModel> Rules { get; init; } = new Dictionary<AlarmRule, AlarmRuleModel>();

    /// <summary>Who can be told. Default nobody: alarms are then in the admin API and the events alone.</summary>
    public IReadOnlyList<ReceiverModel> Receivers { get; init; } = [];

    /// <summary>Who is told of what; the first that matches. Default: every receiver of everything.</summary>
    public IReadOnlyList<NotifyModel> Notify { get; init; } = [];

    /// <summary>How long the first alarm of a cause waits for the others that come with it. Default 10 s.</summary>
    public TimeSpan GroupWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long later alarms of a cause are gathered before they are told. Default 5 min.</summary>
    public TimeSpan GroupInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How a rule is set.</summary>
    public AlarmRuleModel Rule(AlarmRule rule) => Rules.TryGetValue(rule, out var set) ? set : AlarmRuleModel.Default(rule);

    /// <summary>Who is told of an alarm: the first entry that matches, else every receiver.</summary>
    public NotifyModel NotifyOf(AlarmRule rule, AlarmSeverity severity) =>
        Notify.FirstOrDefault(one => one.Covers(rule, severity)) ?? new() { To = [.. Receivers.Select(receiver => receiver.Name)] };

    /// <summary>A few words; never a secret.</summary>
    public override string ToString() => $"{Receivers.Count} receivers of alarms";
}

/// <summary>Who is told of which alarms.</summary>
public sealed record NotifyModel
{
    /// <summary>The rules that it is for; empty for all.</summary>
    public IReadOnlyList<AlarmRule> Rules { get; init; } = [];

    /// <summary>The least severity that it is for. Default warning.</summary>
    public AlarmSeverity Severity { get; init; } = AlarmSeverity.Warning;

    /// <summary>The receivers' names; empty for nobody.</summary>
    public required IReadOnlyList<string> To { get; init; }

    /// <summary>After how long they are told again while nobody has acknowledged; null for never. Default 30 min.</summary>
    public TimeSpan? RepeatEvery { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Who is told besides where nobody acknowledges; empty for nobody.</summary>
    public IReadOnlyList<string> EscalateTo { get; init; } = [];

    /// <summary>After how long they are. Default 15 min.</summary>
    public TimeSpan EscalateAfter { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Whether it is for such an alarm.</summary>
    public bool Covers(AlarmRule rule, AlarmSeverity severity) => severity >= Severity && (Rules.Count == 0 || Rules.Contains(rule));
}
