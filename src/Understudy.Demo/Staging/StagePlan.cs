using Understudy.Simulator.Scenarios;

namespace Understudy.Demo.Staging;

/// <summary>What is to stand on a stage.</summary>
internal sealed record StagePlan
{
    /// <summary>How fast.</summary>
    public required Pace Pace { get; init; }

    /// <summary>Where the gateway is to listen.</summary>
    public required string Listen { get; init; }

    /// <summary>What Claude plays; null for all well.</summary>
    public ScenarioScript? Script { get; init; }

    /// <summary>The time.</summary>
    public required TimeProvider Time { get; init; }
}
