using System.Collections.Concurrent;
using Understudy.Failures;

namespace Understudy.Observation;

/// <summary>
/// Targets as labels of metrics. Clients choose model names, and a series is kept for ever: so a name becomes a label
/// only when the config chose it, or when a provider was asked for it and did not refuse it; and no more than
/// <see cref="Most"/> do. All others are <see cref="Other"/>.
/// </summary>
public sealed class TargetLabels
{
    /// <summary>The most targets that are labels of their own.</summary>
    public const int Most = 200;

    /// <summary>The model of all the rest.</summary>
    public const string Other = "other";

    private const int LongestModel = 100;

    private readonly ConcurrentDictionary<string, TargetLabel> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TargetLabel> _others = new(StringComparer.Ordinal);

    /// <summary>For records that were read from a store: their names stand there as they may be told, and are no labels of this process.</summary>
    public static TargetLabels OfKept { get; } = new() { TakesAll = true };

    private bool TakesAll { get; init; }

    /// <summary>The label of an attempt's target. The attempt may be what makes it known.</summary>
    public TargetLabel Of(CallRecord call, AttemptRecord attempt)
    {
        if (_known.TryGetValue(attempt.Target, out var known)) return known;
        if (TakesAll) return new(attempt.Provider, attempt.Target[(attempt.Target.IndexOf('/', StringComparison.Ordinal) + 1)..], attempt.Target);
        return IsWorthALabel(call, attempt) ? Admit(attempt.Provider, attempt.Target) : OtherOf(attempt.Provider);
    }

    /// <summary>The label of a target, for whoever has no attempt at hand: known already, or other.</summary>
    public TargetLabel Of(string provider, string target) => _known.TryGetValue(target, out var known) ? known : OtherOf(provider);

    /// <summary>Whether a target is a label of its own.</summary>
    public bool Knows(string target) => _known.ContainsKey(target);

    /// <summary>Who served a call: a target's label, a rung's word, or <c>none</c>.</summary>
    public string ServedBy(CallRecord call)
    {
        if (call.ServedBy is not { } server) return "none";
        if (TakesAll) return server;
        if (_known.TryGetValue(server, out var known)) return known.Target;
        var slash = server.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? server : OtherOf(server[..slash]).Target;
    }

    private static bool IsWorthALabel(CallRecord call, AttemptRecord attempt)
    {
        var chosenByClient = attempt.Target.Length == attempt.Provider.Length + 1 + call.Model.Length
            && attempt.Target.EndsWith(call.Model, StringComparison.Ordinal);
        return !chosenByClient || (attempt.Sent && attempt.Failure?.Kind is not FailureKind.BadRequest);
    }

    private TargetLabel Admit(string provider, string target)
    {
        // A race may let in a few more than the most: it bounds, it does not count.
        if (_known.Count >= Most || target.Length > provider.Length + 1 + LongestModel) return OtherOf(provider);
        return _known.GetOrAdd(target, new TargetLabel(provider, target[(provider.Length + 1)..], target));
    }

    private TargetLabel OtherOf(string provider) =>
        _others.TryGetValue(provider, out var other) ? other : _others.GetOrAdd(provider, new TargetLabel(provider, Other, $"{provider}/{Other}"));
}

/// <summary>A target in metrics, logs and spans.</summary>
/// <param name="Provider">The label <c>provider</c>.</param>
/// <param name="Model">The label <c>model</c>.</param>
/// <param name="Target">Both, as in the label <c>served_by</c>.</param>
public sealed record TargetLabel(string Provider, string Model, string Target);
