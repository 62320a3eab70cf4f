using Understudy.CircuitBreaker;
using Understudy.Failures;
using Understudy.Observation;

namespace Understudy.Pipeline;

/// <summary>Whether a provider can be called: the one answer that the health endpoint and the metrics give.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Available">Whether a call of it would be let through: it is not switched off, and one of its targets is well.</param>
/// <param name="Since">Since when; null where nothing is known of it yet, or an operator decided.</param>
/// <param name="Why">Why not, in a person's words; null where it is available.</param>
/// <param name="Targets">Its targets so far, by name.</param>
public sealed record ProviderHealth(string Name, bool Available, DateTimeOffset? Since, string? Why, IReadOnlyList<TargetHealth> Targets)
{
    /// <summary>
    /// All providers of the policy in force, in its order. Targets that a client made up are left out: they say nothing of
    /// the provider, their breakers never open, and their names may be anything.
    /// </summary>
    public static IReadOnlyList<ProviderHealth> Of(Engine engine, TargetNews news, TargetLabels labels)
    {
        var policy = engine.Model.Policy;
        var targets = engine.Targets.All.Where(state => labels.Knows(state.Target.Name)).ToLookup(state => state.Target.Provider.Name);
        return
        [
            .. policy.Providers.Select(provider => Of(
                provider.Name,
                engine.IsKilled(policy, provider.Name, provider.Name),
                [
                    .. targets[provider.Name].OrderBy(state => state.Target.Name, StringComparer.Ordinal)
                        .Select(state => TargetHealth.Of(state, engine.IsKilled(policy, provider.Name, state.Target.Name), news)),
                ])),
        ];
    }

    private static ProviderHealth Of(string name, bool killed, TargetHealth[] targets)
    {
        if (killed) return new(name, Available: false, Since: null, "switched off by an operator", targets);
        if (targets.Length == 0) return new(name, Available: true, Since: null, Why: null, targets); // nobody has asked: innocent
        var well = targets.Where(target => target.Available).ToArray();
        if (well.Length > 0) return new(name, Available: true, well.Min(target => target.Since), Why: null, targets);
        var last = targets.MaxBy(target => target.Since)!; // with the last one the provider was gone
        return new(name, Available: false, last.Killed ? null : last.Since, last.Why, targets);
    }
}

/// <summary>Whether a target can be called.</summary>
/// <param name="Name"><c>provider/model</c>.</param>
/// <param name="Killed">Whether an operator switched it off.</param>
/// <param name="Breaker">The state of its breaker.</param>
/// <param name="Since">Since when its breaker is in that state.</param>
/// <param name="Why">Why it is not called, in a person's words; null where it is.</param>
/// <param name="AnsweredAt">When it last answered a call to the end; null where it has not.</param>
/// <param name="FailedAt">When it last failed by its own fault; null where it has not.</param>
public sealed record TargetHealth(
    string Name, bool Killed, BreakerState Breaker, DateTimeOffset Since, string? Why, DateTimeOffset? AnsweredAt, DateTimeOffset? FailedAt)
{
    /// <summary>The share of its calls that a half-open breaker lets through, from 0 to 1; null in the other states.</summary>
    public double? Share { get; init; }

    /// <summary>Whether its breaker is open for failing too often, and not for failing: calls that have no other way still go there (decision 0024).</summary>
    public bool IsAiling { get; init; }

    /// <summary>Whether calls flow, be it few of them.</summary>
    public bool Available => !Killed && Breaker != BreakerState.Open;

    internal static TargetHealth Of(TargetState state, bool killed, TargetNews news)
    {
        var name = state.Target.Name;
        var failure = news.LastFailure(name);
        var why = killed ? "switched off by an operator"
            : state.Breaker.State == BreakerState.Closed ? null
            : state.Breaker.Cause is { } cause ? FailureWords.Of(cause)
            : failure is { } known ? FailureWords.Of(known.Kind)
            : "resting after failures";
        var ailing = !killed && state.Breaker is { State: BreakerState.Open, IsAiling: true };
        if (ailing) why = $"too many of its calls fail: {why}";
        return new(name, killed, state.Breaker.State, state.Breaker.Since, why, news.AnsweredAt(name), failure?.At)
        {
            Share = state.Breaker.State == BreakerState.HalfOpen ? state.Breaker.Share : null,
            IsAiling = ailing,
        };
    }
}
