using Understudy.Drills.Traffic;

namespace Understudy.Drills.Strategies.Rivals;

/// <summary>
/// A gateway with a timer for a memory, in the manner of LiteLLM's router as it is commonly configured: thirty seconds,
/// two retries, then the fallbacks in order. A deployment of which more than half of at least five calls failed in the
/// current minute, or that said 429, rests for five seconds; then everything goes there again.
/// </summary>
public sealed class CooldownGateway(DrillWorld world) : Rival(world)
{
    private const int Retries = 2;
    private const int MinimumCalls = 5;
    private const double FailureShare = 0.5;

    private static readonly TimeSpan Cooldown = TimeSpan.FromSeconds(5);

    private readonly Dictionary<Candidate, Deployment> _deployments = [];

    /// <inheritdoc/>
    public override string Name => "gateway-cooldown";

    /// <inheritdoc/>
    public override string Words => "a gateway with a cooldown timer (LiteLLM's defaults): 30 s, two retries, fallbacks, 5 s of rest";

    /// <inheritdoc/>
    protected override async ValueTask<Reply> AnswerAsync(DrillCall call, IReadOnlyList<Candidate> candidates)
    {
        var reply = Reply.NotTried;
        foreach (var candidate in candidates)
        {
            var deployment = Of(candidate);
            for (var attempt = 0; attempt <= Retries && !Resting(candidate, deployment); attempt++)
            {
                if (attempt > 0) await SleepAsync(SdkDefaults.WaitBefore(attempt - 1) + Chance.NextUpTo(TimeSpan.FromSeconds(0.75))).ConfigureAwait(false);
                reply = await AskAsync(call, candidate, ArticleTimeout).ConfigureAwait(false);
                Count(candidate, deployment, reply);
                if (reply.Ok || reply.Shown) return reply;
                if (reply.Status is >= 400 and < 500 and not (408 or 409 or 429)) break;
            }
        }

        return reply;
    }

    private Deployment Of(Candidate candidate)
    {
        if (!_deployments.TryGetValue(candidate, out var deployment)) _deployments.Add(candidate, deployment = new());
        return deployment;
    }

    private bool Resting(Candidate candidate, Deployment deployment)
    {
        if (deployment.RestsUntil > Now) return true;
        if (deployment.Rests)
        {
            deployment.Rests = false;
            Tell(candidate, 0);
        }

        return false;
    }

    private void Count(Candidate candidate, Deployment deployment, Reply reply)
    {
        var minute = (long)Now.TotalMinutes;
        if (deployment.Minute != minute) (deployment.Minute, deployment.Calls, deployment.Failures) = (minute, 0, 0);
        deployment.Calls++;
        if (reply.Ok) return;
        // Its list leaves lost connections and the caller's own mistakes out; timeouts count.
        if (reply is { Status: 0, TimedOut: false } || reply.Status is 400 or 403 or 413 or 422) return;
        deployment.Failures++;
        if (reply.Status != 429 && (deployment.Calls < MinimumCalls || deployment.Failures <= deployment.Calls * FailureShare)) return;
        deployment.RestsUntil = Now + Cooldown;
        if (deployment.Rests) return;
        deployment.Rests = true;
        Tell(candidate, 2);
    }

    private sealed class Deployment
    {
        public long Minute { get; set; } = -1;

        public int Calls { get; set; }

        public int Failures { get; set; }

        public bool Rests { get; set; }

        public TimeSpan RestsUntil { get; set; }
    }
}
