namespace Understudy.Drills.Traffic;

/// <summary>A call that comes.</summary>
/// <param name="At">When, since the traffic began.</param>
/// <param name="InputTokens">Tokens of its prompt.</param>
/// <param name="OutputTokens">Tokens of the answer.</param>
public readonly record struct Arrival(TimeSpan At, int InputTokens, int OutputTokens);
