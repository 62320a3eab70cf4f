namespace Understudy.Drills.Scenarios;

/// <summary>What a provider on its way back can serve, as a share of its normal load.</summary>
/// <param name="Model">The word in the names of the models it concerns; null for all.</param>
/// <param name="From">The share at the phase's start.</param>
/// <param name="To">The share at its end.</param>
/// <param name="Over">What a request gets that is one too many.</param>
/// <param name="StampedeSlowsIt">Whether seconds with too much load do not count towards recovery: a herd keeps it down.</param>
public sealed record CapacityRamp(string? Model, double From, double To, Outcome Over, bool StampedeSlowsIt);
