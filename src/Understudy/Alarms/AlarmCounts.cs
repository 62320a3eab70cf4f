using System.Collections.Frozen;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Observation;

namespace Understudy.Alarms;

/// <summary>
/// What the rules count of calls, from the record of each when it has ended. Runs in line with the call that ends, so
/// it only adds: no allocation, one short lock. Names come from the policy alone, so no label a client makes up grows it.
/// </summary>
internal sealed class AlarmCounts(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();
    private FrozenDictionary<string, RouteCounts> _routes = FrozenDictionary<string, RouteCounts>.Empty;
    private FrozenDictionary<string, ProviderCounts> _providers = FrozenDictionary<string, ProviderCounts>.Empty;

    /// <summary>All calls that the gateway had to answer, and those that it did not.</summary>
    public RouteCounts All { get; } = new();

    /// <summary>What all calls cost: billionths of a dollar, and calls.</summary>
    public RollingTally Spend { get; } = new();

    /// <summary>By route.</summary>
    public IReadOnlyDictionary<string, RouteCounts> Routes => _routes;

    /// <summary>By provider.</summary>
    public IReadOnlyDictionary<string, ProviderCounts> Providers => _providers;

    /// <summary>Takes the names of a policy; what was counted under a name that stays is kept.</summary>
    public void Apply(Policy policy)
    {
        lock (_lock)
        {
            _routes = policy.Routes.Select(route => route.Name).Distinct(StringComparer.Ordinal)
                .ToFrozenDictionary(name => name, name => _routes.GetValueOrDefault(name) ?? new(), StringComparer.Ordinal);
            _providers = policy.Providers
                .ToFrozenDictionary(provider => provider.Name, provider => _providers.GetValueOrDefault(provider.Name) ?? new(), StringComparer.Ordinal);
        }
    }

    /// <summary>The sums of a window.</summary>
    public (long Part, long Whole) Of(RollingTally tally, TimeSpan window)
    {
        lock (_lock) return tally.Of(window, Now);
    }

    /// <summary>Counts a call that has ended.</summary>
    public void Hear(CallRecord call)
    {
        // Turned away before it had a route: nobody's failure.
        if (!_routes.TryGetValue(call.Route, out var route)) return;
        lock (_lock)
        {
            var now = Now;
            long cost = 0;
            for (var i = 0; i < call.Attempts.Count; i++)
            {
                var attempt = call.Attempts[i];
                if (!attempt.Sent) continue;
                cost += attempt.Cost?.Nanos ?? 0;
                if (_providers.TryGetValue(attempt.Provider, out var provider)) Count_NeedsLock(provider, attempt, now);
            }

            Spend.Add(now, cost, 1);
            Count_NeedsLock(All, call, now);
            Count_NeedsLock(route, call, now);
        }
    }

    /// <summary>Counts a probe: a key that is refused stays refused while nobody calls.</summary>
    public void Hear(ProbeRecord probe)
    {
        if (!_providers.TryGetValue(probe.Provider, out var provider)) return;
        lock (_lock) Count_NeedsLock(provider, probe.Failure?.Kind, Now);
    }

    private long Now => time.GetElapsedTime(_start).Ticks;

    private static void Count_NeedsLock(RouteCounts counts, CallRecord call, long now)
    {
        switch (call.Outcome)
        {
            case CallOutcome.Answered or CallOutcome.Degraded or CallOutcome.Deferred:
                counts.Calls.Add(now, 0, 1);
                var left = call is { ServedBy: { } server, Attempts: [{ Failure: not null } meant, ..] } && meant.Target != server ? meant.Provider : null;
                counts.Fallbacks.Add(now, left is null ? 0 : 1, 1);
                counts.LastLeft = left ?? counts.LastLeft;
                break;
            case CallOutcome.Failed or CallOutcome.Refused:
                counts.Calls.Add(now, 1, 1);
                counts.LastBlamed = call.Attempts is [.., { Failure.Traits.Side: FailureSide.Provider } last] ? last.Provider : null;
                break;
            case CallOutcome.Running or CallOutcome.ClientError or CallOutcome.Cancelled:
                break; // not the gateway's to answer
        }
    }

    private static void Count_NeedsLock(ProviderCounts counts, AttemptRecord attempt, long now)
    {
        var failure = attempt.Failure?.Kind;
        var stalled = failure is FailureKind.FirstTokenTimeout or FailureKind.Stalled or FailureKind.CutShort;
        counts.Stalls.Add(now, stalled ? 1 : 0, 1);
        Count_NeedsLock(counts, failure, now);
    }

    private static void Count_NeedsLock(ProviderCounts counts, FailureKind? failure, long now)
    {
        if (failure == FailureKind.KeyRejected) counts.KeyRefused.Add(now, 1, 1);
        else if (failure == FailureKind.QuotaExhausted) counts.QuotaGone.Add(now, 1, 1);
    }
}

/// <summary>What is counted of a route's calls.</summary>
internal sealed class RouteCounts
{
    /// <summary>Calls without an answer, of those that were the gateway's to answer.</summary>
    public RollingTally Calls { get; } = new();

    /// <summary>Answers of another than the first that was meant, of all answers.</summary>
    public RollingTally Fallbacks { get; } = new();

    /// <summary>The provider that was left last for another; null where none was.</summary>
    public string? LastLeft { get; set; }

    /// <summary>The provider at which the last call without an answer ended; null where that was none's fault.</summary>
    public string? LastBlamed { get; set; }
}

/// <summary>What is counted of the requests to a provider.</summary>
internal sealed class ProviderCounts
{
    /// <summary>Requests that hung, fell silent or were cut, of all.</summary>
    public RollingTally Stalls { get; } = new();

    /// <summary>Requests, probes too, that were refused for the gateway's own key; only those are counted.</summary>
    public RollingTally KeyRefused { get; } = new();

    /// <summary>Requests, probes too, that were refused for want of money or quota; only those are counted.</summary>
    public RollingTally QuotaGone { get; } = new();
}
