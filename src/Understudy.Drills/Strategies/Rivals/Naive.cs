using Understudy.Drills.Traffic;

namespace Understudy.Drills.Strategies.Rivals;

/// <summary>One call, no limit, no plan.</summary>
public sealed class Naive(DrillWorld world) : Rival(world)
{
    /// <inheritdoc/>
    public override string Name => "naive";

    /// <inheritdoc/>
    public override string Words => "one call, no timeout";

    /// <inheritdoc/>
    protected override ValueTask<Reply> AnswerAsync(DrillCall call, IReadOnlyList<Candidate> candidates) => AskAsync(call, candidates[0], NoTimeout);
}
