namespace Understudy.Drills.Scenarios;

/// <summary>Flapping: bad for half a period, good for the other half.</summary>
/// <param name="PeriodMinutes">The period.</param>
/// <param name="Bad">The mix of the first half.</param>
/// <param name="Good">The mix of the second.</param>
public sealed record SquareWave(double PeriodMinutes, Mix Bad, Mix Good);
