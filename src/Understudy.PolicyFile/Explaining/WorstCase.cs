using Understudy.Configuration;

namespace Understudy.PolicyFile.Explaining;

/// <summary>The bounds of one route: what the clocks, the backoffs and the deadline allow at most.</summary>
/// <param name="Attempts">The most attempts one call makes.</param>
/// <param name="FirstWord">The longest time to the first word, or to an honest error.</param>
/// <param name="AllHang">The same where every target takes the call and says nothing: a hang is retried at the same target only where it is the only one, and once.</param>
/// <param name="Unreached">Targets that the attempts don't suffice for, for there are more targets than attempts.</param>
internal sealed record WorstCase(int Attempts, TimeSpan FirstWord, TimeSpan AllHang, IReadOnlyList<TargetModel> Unreached)
{
    /// <remarks>
    /// An attempt lasts at most its first-token clock, since before the first content nothing is given to the client;
    /// a retry waits at most its undiminished backoff (jitter only shortens it); the deadline is above both.
    /// </remarks>
    public static WorstCase Of(RouteModel route, Policy policy)
    {
        var attempts = 0;
        var hangs = 0;
        var waited = TimeSpan.Zero;
        var unreached = new List<TargetModel>();
        var living = Living(route, policy).ToArray();
        // The only target of a ladder gets all the attempts, and is asked once more after a hang.
        var each = living.Length == 1 ? route.MaxAttempts : policy.Retry.AttemptsPerTarget;
        foreach (var (i, target) in living.Index())
        {
            if (attempts >= route.MaxAttempts) unreached.Add(target);
            // A second try is made only where it takes no target further down its only one.
            var below = living.Length - i - 1;
            for (var attempt = 0; attempt < each && attempts + (attempt == 0 ? 0 : below) < route.MaxAttempts; attempt++, attempts++)
            {
                if (attempt > 0) waited += Backoff(policy.Retry, attempt);
            }
            if (hangs < route.MaxAttempts) hangs++;
            if (living.Length == 1 && hangs < route.MaxAttempts) hangs++;
        }
        return new(attempts, Least(attempts * route.UseCase.FirstToken + waited, route.UseCase.Deadline), Least(hangs * route.UseCase.FirstToken, route.UseCase.Deadline), unreached);
    }

    /// <summary>The targets that the kill switch lets be called.</summary>
    public static IEnumerable<TargetModel> Living(RouteModel route, Policy policy) => route.Ladder.OfType<TargetRung>()
        .SelectMany(rung => rung.Targets).Where(target => !policy.Kill.Covers(target.Provider.Name, target.ToString()));

    private static TimeSpan Backoff(RetryModel retry, int attempt)
    {
        var doubled = retry.BaseDelay * Math.Pow(2, attempt - 1);
        return Least(doubled, retry.MaxDelay);
    }

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
