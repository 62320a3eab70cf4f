using Understudy.Drills.Traffic;

namespace Understudy.Drills.Strategies.Rivals;

/// <summary>Five retries one second apart, after any error: over in about ten seconds, and most of six hours still to come.</summary>
public sealed class RetryFiveTimes(DrillWorld world) : Rival(world)
{
    private const int Retries = 5;

    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public override string Name => "retry-5x1s";

    /// <inheritdoc/>
    public override string Words => "five retries, one second apart, no timeout";

    /// <inheritdoc/>
    protected override async ValueTask<Reply> AnswerAsync(DrillCall call, IReadOnlyList<Candidate> candidates)
    {
        var reply = await AskAsync(call, candidates[0], NoTimeout).ConfigureAwait(false);
        for (var retry = 0; retry < Retries && !reply.Ok && !reply.Shown; retry++)
        {
            await SleepAsync(Apart).ConfigureAwait(false);
            reply = await AskAsync(call, candidates[0], NoTimeout).ConfigureAwait(false);
        }

        return reply;
    }
}
