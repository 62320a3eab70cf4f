namespace Understudy.Configuration;

/// <summary>Drills of the policy in force that are run by themselves, again and again.</summary>
public sealed record DrillsModel
{
    /// <summary>How often; null (the default) for never.</summary>
    public TimeSpan? Every { get; init; }

    /// <summary>Which outages are replayed.</summary>
    public IReadOnlyList<string> Scenarios { get; init; } = [];

    /// <summary>The share of calls that must get a whole answer in each of them; less rings an alarm. Default 0.95.</summary>
    public double Answered { get; init; } = 0.95;

    /// <summary>How many reports are kept; the last one of each outage always is. Default 30.</summary>
    public int Keep { get; init; } = 30;
}
