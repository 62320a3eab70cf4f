using Understudy.Configuration;

namespace Understudy.Alarms;

/// <summary>What is, at this moment, as against what was counted: the rules are given it whenever they look.</summary>
public sealed record LiveFacts
{
    /// <summary>The providers of the policy in force.</summary>
    public IReadOnlyList<ProviderFact> Providers { get; init; } = [];

    /// <summary>Their targets that are more than a name that a client made up.</summary>
    public IReadOnlyList<TargetFact> Targets { get; init; } = [];

    /// <summary>The budgets of the policy, with what is spent of them.</summary>
    public IReadOnlyList<SpendFact> Spends { get; init; } = [];

    /// <summary>Why the store takes nothing in; null where it is well, or where there is none.</summary>
    public string? StoreTrouble { get; init; }

    /// <summary>How long the oldest piece of deferred work has waited; null where none waits.</summary>
    public TimeSpan? OldestDeferred { get; init; }

    /// <summary>The outages that the policy would not survive, by the last drill of each, and why.</summary>
    public IReadOnlyList<(string Scenario, string Why)> FailedDrills { get; init; } = [];

    /// <summary>The receivers of alarms that do not take them, and why.</summary>
    public IReadOnlyList<(string Name, string Why)> DeadReceivers { get; init; } = [];
}

/// <summary>How a provider is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Available">Whether a call of it would be let through. One that an operator switched off counts as available: nobody need be woken for that.</param>
/// <param name="Why">Why not; null where it is.</param>
public sealed record ProviderFact(string Name, bool Available, string? Why);

/// <summary>How a target is.</summary>
/// <param name="Name"><c>provider/model</c>.</param>
/// <param name="Provider">Its provider.</param>
/// <param name="IsOut">Whether its breaker is open.</param>
/// <param name="QuotaLeft">The share that is left of the rate limit that is closest to its end, from 0 to 1; null where the provider tells of none.</param>
public sealed record TargetFact(string Name, string Provider, bool IsOut, double? QuotaLeft);

/// <summary>One cap of a budget, in the window that is running.</summary>
/// <param name="Whose">As in <c>client website</c>.</param>
/// <param name="Window">Which window.</param>
/// <param name="Cap">What may be spent in it.</param>
/// <param name="Spent">What is spent or reserved.</param>
/// <param name="Elapsed">The share of the window that has passed, from 0 to 1.</param>
public sealed record SpendFact(string Whose, SpendWindow Window, Usd Cap, Usd Spent, double Elapsed);
