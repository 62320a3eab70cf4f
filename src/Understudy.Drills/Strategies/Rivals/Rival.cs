using Understudy.Drills.Measuring;
using Understudy.Drills.Providers;
using Understudy.Drills.Scenarios;
using Understudy.Drills.Traffic;

namespace Understudy.Drills.Strategies.Rivals;

/// <summary>
/// What programs do without a gateway. A rival lives in the same time, meets the same providers and the same fate for
/// each call and attempt as the engine; it only skips the bytes.
/// </summary>
/// <param name="world">Its world.</param>
public abstract class Rival(DrillWorld world) : Strategy
{
    /// <summary>The article's own limit for complex requests: what rivals that have a limit at all are given.</summary>
    protected static readonly TimeSpan ArticleTimeout = TimeSpan.FromSeconds(30);

    /// <summary>No limit.</summary>
    protected static readonly TimeSpan NoTimeout = Exchange.Never;

    /// <summary>The time since the drill began.</summary>
    protected TimeSpan Now => world.Time.Elapsed;

    /// <summary>Chance of its own, for jitter.</summary>
    protected Chance Chance { get; } = new(Seeds.Mix(world.Setup.Seed, "rival"));

    /// <summary>Answers a call, or fails.</summary>
    /// <param name="call">The call.</param>
    /// <param name="candidates">Who can serve it, the primary first.</param>
    protected abstract ValueTask<Reply> AnswerAsync(DrillCall call, IReadOnlyList<Candidate> candidates);

    /// <inheritdoc/>
    protected sealed override async Task ServeAsync(DrillCall call)
    {
        var reply = await AnswerAsync(call, world.Setup.Asked[call.Plan.Asked].Ladder).ConfigureAwait(false);
        var outcome = reply.Ok ? ClientOutcome.Answered : reply.Shown ? ClientOutcome.Cut : ClientOutcome.Failed;
        world.Recorder.End(call, new(outcome, reply.ServedBy, reply.Ok || reply.Shown ? reply.FirstToken - call.Plan.At : null) { Status = reply.Ok || reply.Shown ? 0 : reply.Status });
    }

    /// <summary>Makes one request and waits for its end.</summary>
    /// <param name="call">The call.</param>
    /// <param name="candidate">Who is asked.</param>
    /// <param name="timeout">How long no byte may come: before the first, and between two. An answer that is not streamed has none before its end.</param>
    protected async ValueTask<Reply> AskAsync(DrillCall call, Candidate candidate, TimeSpan timeout)
    {
        var exchange = world.Providers[candidate.Provider].Begin(call.Ask(candidate.Provider, candidate.Model));
        call.Last = exchange;
        var sent = Now;
        var (wait, reply) = CourseOf(exchange, timeout);
        await SleepAsync(wait).ConfigureAwait(false);
        exchange.End(reply.Ok);
        return reply with { ServedBy = reply.Ok ? candidate.Name : null, FirstToken = sent + (exchange.First == Exchange.Never ? TimeSpan.Zero : exchange.First) };
    }

    /// <summary>Waits.</summary>
    protected async ValueTask SleepAsync(TimeSpan span)
    {
        using var wait = new VirtualWait(world.Time);
        await wait.ForAsync(span).ConfigureAwait(false);
    }

    /// <summary>Says that calls no longer go to a candidate, or go there again.</summary>
    /// <param name="candidate">Who.</param>
    /// <param name="state">0 closed, 1 half-open, 2 open.</param>
    protected void Tell(Candidate candidate, int state) => world.Recorder.Change(candidate.Name, state);

    /// <summary>When a request ends under a timeout, and how.</summary>
    internal static (TimeSpan After, Reply Reply) CourseOf(Exchange exchange, TimeSpan timeout)
    {
        var timedOut = new Reply { TimedOut = true };
        if (exchange.First == Exchange.Never) return (timeout, timedOut);
        var kind = exchange.Outcome.Kind;
        if (kind is OutcomeKind.Status or OutcomeKind.ConnectionRefused or OutcomeKind.NameNotFound)
        {
            return exchange.First > timeout ? (timeout, timedOut) : (exchange.First, new() { Status = exchange.Outcome.Status, RetryAfter = exchange.RetryAfter });
        }

        var streams = exchange.Question.Stream;
        var endless = exchange.Silence == Exchange.Never;
        var end = endless ? Exchange.Never : exchange.First + exchange.Length + exchange.Silence;
        if ((streams ? exchange.First : end) > timeout) return (timeout, timedOut);
        if (streams && exchange.Silence > timeout) return (exchange.BreaksAfter + timeout, new() { TimedOut = true, Shown = true });
        return kind is OutcomeKind.StreamCut or OutcomeKind.StreamError ? (exchange.BreaksAfter, new() { Shown = streams }) : (end, new() { Ok = true });
    }
}
