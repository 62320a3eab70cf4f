using System.Collections.Concurrent;
using Understudy.CircuitBreaker;
using Understudy.Configuration;
using Understudy.Observation;
using Understudy.Routing;

namespace Understudy.Pipeline;

/// <summary>A target with its breaker. Lives as long as the program, across reloads.</summary>
/// <param name="Target">The target.</param>
/// <param name="Breaker">Its breaker.</param>
public sealed record TargetState(Target Target, Breaker Breaker)
{
    /// <summary>What is under way there.</summary>
    public AttemptList UnderWay { get; init; } = new();
}

/// <summary>All targets that were ever resolved; bounded, because clients choose model names.</summary>
/// <param name="time">The time.</param>
/// <param name="journal">Hears of breakers that change.</param>
public sealed class TargetStates(TimeProvider time, Journal journal)
{
    private const int MaxTargets = 4096;

    private readonly ConcurrentDictionary<(string Provider, string Model), TargetState> _states = new();

    /// <summary>Every target so far.</summary>
    public IEnumerable<TargetState> All => _states.Values;

    /// <summary>The state of a target; made on first use.</summary>
    public TargetState Get(ProviderModel provider, string model, BreakerModel breaker)
    {
        var key = (provider.Name, model);
        return _states.TryGetValue(key, out var known) && known.Target.Provider == provider ? known : First(key, provider, model, breaker);
    }

    // Apart, because a method whose lambda captures makes the capture at every call, hit or not.
    private TargetState First((string Provider, string Model) key, ProviderModel provider, string model, BreakerModel breaker)
    {
        var state = Make(provider, model, breaker);
        if (_states.Count >= MaxTargets) return state; // it works, it only is not remembered
        return _states.AddOrUpdate(key, state, (_, old) => old.Target.Provider == provider ? old : state with { UnderWay = old.UnderWay });
    }

    /// <summary>The state of a resolved target.</summary>
    public TargetState Of(Target target, BreakerModel breaker) => Get(target.Provider, target.Model, breaker);

    private TargetState Make(ProviderModel provider, string model, BreakerModel settings)
    {
        var target = new Target(provider, model);
        var breaker = new Breaker(settings, time);
        breaker.Changed += state => journal.Tell(new(time.GetUtcNow(), "breaker", target.Name, state switch
        {
            BreakerState.Closed => $"{target.Name} is well again",
            BreakerState.HalfOpen => $"{target.Name} is being tried",
            BreakerState.Open => $"{target.Name} is out for {Words(breaker.OpenFor)}",
        }));
        return new(target, breaker);
    }

    private static string Words(TimeSpan span) => span.TotalSeconds < 120
        ? $"{Math.Ceiling(span.TotalSeconds):0} s"
        : $"{span.TotalMinutes:0.#} min";
}
