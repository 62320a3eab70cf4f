namespace Understudy.Drills.Measuring;

/// <summary>A breaker or a cooldown changes.</summary>
/// <param name="Target"><c>provider/model</c>.</param>
/// <param name="At">When, since the drill began.</param>
/// <param name="State">0 closed, 1 half-open, 2 open.</param>
public readonly record struct StateChange(string Target, TimeSpan At, int State);
