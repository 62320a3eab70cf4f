using Understudy.Drills.Traffic;

namespace Understudy.Drills.Strategies.Rivals;

/// <summary>
/// Tenacity's <c>wait_exponential(min=4, max=60)</c>, stopped after five attempts: 4, 4, 4 and 8 seconds between them,
/// for its waits are 2^(n-1) seconds within the two bounds. No jitter.
/// </summary>
public sealed class ExponentialRetry(DrillWorld world) : Rival(world)
{
    private const int Attempts = 5;

    /// <inheritdoc/>
    public override string Name => "exponential";

    /// <inheritdoc/>
    public override string Words => "five attempts, wait_exponential(min=4, max=60), no jitter, no timeout";

    /// <summary>The wait after attempt <paramref name="attempt"/>, counted from 1.</summary>
    internal static TimeSpan WaitAfter(int attempt) => TimeSpan.FromSeconds(Math.Clamp(Math.Pow(2, attempt - 1), 4, 60));

    /// <inheritdoc/>
    protected override async ValueTask<Reply> AnswerAsync(DrillCall call, IReadOnlyList<Candidate> candidates)
    {
        var reply = await AskAsync(call, candidates[0], NoTimeout).ConfigureAwait(false);
        for (var attempt = 1; attempt < Attempts && !reply.Ok && !reply.Shown; attempt++)
        {
            await SleepAsync(WaitAfter(attempt)).ConfigureAwait(false);
            reply = await AskAsync(call, candidates[0], NoTimeout).ConfigureAwait(false);
        }

        return reply;
    }
}
