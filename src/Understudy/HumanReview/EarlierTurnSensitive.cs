using Understudy.Wires;

namespace Understudy.HumanReview;

/// <summary>Something that was said before the question.</summary>
/// <param name="Role">By whom.</param>
/// <param name="Text">What.</param>
public sealed record EarlierTurnSensitive(TurnRole Role, string Text)
{
    /// <summary>A few words without content.</summary>
    public override string ToString() => $"a turn of the {Role}'s";
}
