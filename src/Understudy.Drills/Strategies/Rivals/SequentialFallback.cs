using Understudy.Drills.Traffic;

namespace Understudy.Drills.Strategies.Rivals;

/// <summary>
/// The article's list of providers: one after the other until one answers, thirty seconds each. It remembers nothing:
/// every call asks the sick provider first, and pays for its hangs.
/// </summary>
public sealed class SequentialFallback(DrillWorld world) : Rival(world)
{
    /// <inheritdoc/>
    public override string Name => "sequential-fallback";

    /// <inheritdoc/>
    public override string Words => "each provider in turn, timeout 30 s each, no memory";

    /// <inheritdoc/>
    protected override async ValueTask<Reply> AnswerAsync(DrillCall call, IReadOnlyList<Candidate> candidates)
    {
        var reply = Reply.NotTried;
        foreach (var candidate in candidates)
        {
            reply = await AskAsync(call, candidate, ArticleTimeout).ConfigureAwait(false);
            if (reply.Ok || reply.Shown) return reply;
        }

        return reply;
    }
}
