using Understudy.Drills.Traffic;

namespace Understudy.Drills.Strategies.Rivals;

/// <summary>
/// The vendors' Python SDKs as they come: 600 s, two retries of 408, 409, 429, 5xx, lost connections and timeouts, half a
/// second doubling up to eight less a quarter of jitter, and <c>retry-after</c> obeyed up to a minute.
/// </summary>
public sealed class SdkDefaults(DrillWorld world) : Rival(world)
{
    private const int Retries = 2;

    private static readonly TimeSpan SdkTimeout = TimeSpan.FromSeconds(600);
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    public override string Name => "sdk-defaults";

    /// <inheritdoc/>
    public override string Words => "the vendor's SDK as it comes: 600 s, two retries";

    /// <summary>The wait before retry <paramref name="retry"/>, counted from 0, before jitter.</summary>
    internal static TimeSpan WaitBefore(int retry) => TimeSpan.FromSeconds(Math.Min(0.5 * Math.Pow(2, retry), 8));

    /// <inheritdoc/>
    protected override async ValueTask<Reply> AnswerAsync(DrillCall call, IReadOnlyList<Candidate> candidates)
    {
        var reply = await AskAsync(call, candidates[0], SdkTimeout).ConfigureAwait(false);
        for (var retry = 0; retry < Retries && Retryable(reply); retry++)
        {
            var wait = reply.RetryAfter is { } asked && asked <= LongestRetryAfter
                ? TimeSpan.FromSeconds(Math.Ceiling(asked.TotalSeconds))
                : WaitBefore(retry) * (1 - (0.25 * Chance.NextDouble()));
            await SleepAsync(wait).ConfigureAwait(false);
            reply = await AskAsync(call, candidates[0], SdkTimeout).ConfigureAwait(false);
        }

        return reply;
    }

    private static bool Retryable(Reply reply) => !reply.Ok && !reply.Shown && reply.Status is 0 or 408 or 409 or 429 or >= 500;
}
