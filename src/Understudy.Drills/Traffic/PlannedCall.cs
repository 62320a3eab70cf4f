namespace Understudy.Drills.Traffic;

/// <summary>One call of a drill's traffic, the same for every strategy.</summary>
/// <param name="Number">From 0, in the order of arrival.</param>
/// <param name="At">When, since the drill began.</param>
/// <param name="InputTokens">Tokens of its prompt.</param>
/// <param name="OutputTokens">Tokens of the answer.</param>
/// <param name="Stream">Whether the answer is to be streamed.</param>
/// <param name="Session">Which session of a user it belongs to.</param>
/// <param name="Asked">Which of the drill's models it asks for.</param>
public readonly record struct PlannedCall(int Number, TimeSpan At, int InputTokens, int OutputTokens, bool Stream, int Session, int Asked)
{
    /// <summary>What it asks: calls of one number say the same. By default each asks something of its own.</summary>
    public int Question { get; init; } = Number;
}
