using Understudy.Configuration;

namespace Understudy.Drills;

/// <summary>What is asked of a drill.</summary>
public sealed record DrillOptions
{
    /// <summary>The scenario's name.</summary>
    public required string Scenario { get; init; }

    /// <summary>The policy to drill; null for what a gateway with an Anthropic, an OpenAI and a Gemini key and no file would have.</summary>
    public Policy? Policy { get; init; }

    /// <summary>The rivals to compare with. Default none.</summary>
    public IReadOnlyList<string> Against { get; init; } = [];

    /// <summary>The seed of everything that is left to chance. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Calls a second; null for the traffic's own rate, or less in a scenario so long that it would make more than 130,000 calls.</summary>
    public double? Rate { get; init; }

    /// <summary>The traffic: <c>poisson</c> or a trace's name. Default <c>poisson</c>.</summary>
    public string Traffic { get; init; } = "poisson";

    /// <summary>The share of calls that want a stream. Default 0.8.</summary>
    public double StreamShare { get; init; } = 0.8;

    /// <summary>What an hour of answered calls brings in, in dollars. Default 10,000, the article's example.</summary>
    public decimal RevenuePerHour { get; init; } = 10_000;

    /// <summary>The provider that is sick; null to go by the scenario's vendor.</summary>
    public string? Sick { get; init; }
}
