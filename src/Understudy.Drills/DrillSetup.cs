using Understudy.Configuration;
using Understudy.Drills.Providers;
using Understudy.Drills.Scenarios;
using Understudy.Drills.Traffic;

namespace Understudy.Drills;

/// <summary>Everything that is the same for every strategy of a drill. Immutable.</summary>
public sealed record DrillSetup
{
    /// <summary>The policy of the engine; its providers are modelled, its ladders give the rivals their fallbacks.</summary>
    public required Policy Policy { get; init; }

    /// <summary>The outage.</summary>
    public required Scenario Scenario { get; init; }

    /// <summary>The names of the sick providers.</summary>
    public required IReadOnlyList<string> Sick { get; init; }

    /// <summary>What the clients ask for.</summary>
    public required IReadOnlyList<AskedModel> Asked { get; init; }

    /// <summary>The calls.</summary>
    public required TrafficPlan Traffic { get; init; }

    /// <summary>The share of calls that ask a common question, word for word.</summary>
    public double CommonShare { get; init; }

    /// <summary>What they amount to.</summary>
    public required TrafficSummary Summary { get; init; }

    /// <summary>Where they come from.</summary>
    public required TrafficSource Source { get; init; }

    /// <summary>Calls a second.</summary>
    public required double Rate { get; init; }

    /// <summary>The seed of everything that is left to chance.</summary>
    public required ulong Seed { get; init; }

    /// <summary>What a provider's model costs for a prompt of so many tokens.</summary>
    public required Func<string, string, int, TokenPrice> Price { get; init; }

    /// <summary>Normal service before the outage.</summary>
    public required TimeSpan Before { get; init; }

    /// <summary>Normal service after it.</summary>
    public required TimeSpan After { get; init; }

    /// <summary>Tokens a minute that each account may use.</summary>
    public required long QuotaPerMinute { get; init; }

    /// <summary>What an hour of answered calls brings in, in dollars.</summary>
    public required decimal RevenuePerHour { get; init; }

    /// <summary>How long calls come.</summary>
    public TimeSpan Length => Before + TimeSpan.FromMinutes(Scenario.Minutes) + After;

    /// <summary>How long calls that have begun may go on after the last has come; what is open then is hanging.</summary>
    public static TimeSpan Drain { get; } = TimeSpan.FromMinutes(40);
}
