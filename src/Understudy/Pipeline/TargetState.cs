using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Globalization;
using Understudy.CircuitBreaker;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Hedging;
using Understudy.Observation;
using Understudy.Quotas;
using Understudy.Routing;

namespace Understudy.Pipeline;

/// <summary>A target with its breaker and its rate limits. Lives as long as the program, across reloads.</summary>
/// <param name="Target">The target.</param>
/// <param name="Breaker">Its breaker.</param>
/// <param name="Refusals">What its refusals mean.</param>
/// <param name="Quota">What its provider tells of its rate limits.</param>
public sealed record TargetState(Target Target, Breaker Breaker, RefusalWatch Refusals, TargetQuota Quota)
{
    /// <summary>Its synthetic probes, counted.</summary>
    public ProbeTally Probes { get; } = new();

    /// <summary>How long it took to its first content of late.</summary>
    public FirstContentTimes FirstContents { get; } = new();

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
    private FrozenDictionary<string, ProviderModel> _inForce = FrozenDictionary<string, ProviderModel>.Empty;

    /// <summary>Every target so far.</summary>
    public IEnumerable<TargetState> All => _states.Values;

    /// <summary>The same by name: for what must happen in one order, whatever the order of a hash is in this process.</summary>
    internal IEnumerable<TargetState> InOrder => _states.Values.OrderBy(state => state.Target.Name, StringComparer.Ordinal);

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
        var now = _states.AddOrUpdate(key, state, (_, old) => old.Target.Provider == provider || !IsInForce(provider) ? old : state with { UnderWay = old.UnderWay });
        // A call that began under an earlier policy calls as that said (its key, its URL), and shares all that is known: else
        // it and the calls of today would take the breaker from each other.
        return now.Target.Provider == provider ? now : now with { Target = state.Target };
    }

    private bool IsInForce(ProviderModel provider) =>
        Volatile.Read(ref _inForce) is var providers && (!providers.TryGetValue(provider.Name, out var known) || known == provider);

    /// <summary>The state of a resolved target.</summary>
    public TargetState Of(Target target, BreakerModel breaker) => Get(target.Provider, target.Model, breaker);

    /// <summary>Says which providers the policy names that comes into force.</summary>
    internal void Use(IReadOnlyList<ProviderModel> providers) =>
        Volatile.Write(ref _inForce, providers.DistinctBy(provider => provider.Name).ToFrozenDictionary(provider => provider.Name, StringComparer.Ordinal));

    /// <summary>Told of each target that is made.</summary>
    internal event Action<TargetState>? Made;

    /// <summary>Puts other breaker settings in force.</summary>
    internal void Apply(BreakerModel settings)
    {
        foreach (var state in _states.Values) state.Breaker.Apply(settings);
    }

    private TargetState Make(ProviderModel provider, string model, BreakerModel settings)
    {
        var state = new TargetState(new(provider, model), new(settings, time), new(time), new(time));
        state.Breaker.Changed += change =>
        {
            journal.Tell(new(time.GetUtcNow(), "breaker", state.Target.Name, Words(state, change)));
            if (change == BreakerState.Open) WarnSiblings(state);
        };
        Made?.Invoke(state);
        return state;
    }

    /// <summary>What took one target down may take down others: they keep their traffic, but are watched closely and probed.</summary>
    private void WarnSiblings(TargetState fallen)
    {
        foreach (var other in InOrder)
        {
            if (ReferenceEquals(other, fallen) || !SharedFate.MayShare(fallen.Breaker.Cause, fallen.Target.Provider, other.Target.Provider)) continue;
            if (other.Breaker.Suspect() && other.Breaker.State == BreakerState.Closed)
            {
                journal.Tell(new(time.GetUtcNow(), "suspect", other.Target.Name, $"{other.Target.Name} is watched closely: {fallen.Target.Name} is out"));
            }
        }
    }

    private static string Words(TargetState state, BreakerState change)
    {
        var name = state.Target.Name;
        return change switch
        {
            BreakerState.Closed => $"{name} is well again",
            BreakerState.HalfOpen => string.Create(CultureInfo.InvariantCulture, $"{name} is being tried with {state.Breaker.Share * 100:0.##} % of its calls"),
            BreakerState.Open when state.Breaker.IsAiling => $"{name} fails too often and is left alone for {Words(state.Breaker.OpenFor)} at least{(state.Breaker.Cause is { } cause ? $": {FailureWords.Of(cause)}" : "")}",
            BreakerState.Open => $"{name} is out for {Words(state.Breaker.OpenFor)} at least{(state.Breaker.Cause is { } cause ? $": {FailureWords.Of(cause)}" : "")}",
        };
    }

    private static string Words(TimeSpan span) => span.TotalSeconds < 120
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(span.TotalSeconds):0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0.#} min");
}
