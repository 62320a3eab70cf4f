using Understudy.Drills.Traffic;

namespace Understudy.Drills.Strategies.Rivals;

/// <summary>One call in a <c>try</c> with a polite message in its <c>except</c>. The program does not crash; the user has no answer all the same, and a hang is no exception.</summary>
public sealed class TryExcept(DrillWorld world) : Rival(world)
{
    /// <inheritdoc/>
    public override string Name => "try-except";

    /// <inheritdoc/>
    public override string Words => "one call, no timeout; an error becomes a polite message";

    /// <inheritdoc/>
    protected override ValueTask<Reply> AnswerAsync(DrillCall call, IReadOnlyList<Candidate> candidates) => AskAsync(call, candidates[0], NoTimeout);
}
