using System.Collections.Frozen;
using Understudy.Caching;
using Understudy.Capture;
using Understudy.Chaos;
using Understudy.Coalescing;
using Understudy.Configuration;
using Understudy.Deferral;
using Understudy.Hedging;
using Understudy.HumanReview;
using Understudy.Notices;
using Understudy.Observation;
using Understudy.Overrides;
using Understudy.Retry;
using Understudy.Routing;
using Understudy.Spending;
using Understudy.Transport;

namespace Understudy.Pipeline;

/// <summary>The engine: the policy in force, the live state of every target, and the pipeline that calls go through.</summary>
public sealed class Engine : IAsyncDisposable
{
    private readonly Prober _prober;
    private EngineModel _model;

    /// <summary>An engine under <paramref name="policy"/>.</summary>
    /// <param name="policy">What the operator decided.</param>
    /// <param name="transport">The way to the providers.</param>
    /// <param name="time">The time; virtual in a drill.</param>
    /// <param name="chance">The source of chance; seeded in a drill.</param>
    /// <param name="journal">Where records go.</param>
    public Engine(Policy policy, IProviderTransport transport, TimeProvider time, Chance chance, Journal journal)
    {
        Transport = transport;
        Time = time;
        Chance = chance;
        Journal = journal;
        Targets = new(time, journal);
        Ledger = new(time);
        SpendKeeper = new(Ledger, time);
        _prober = new(this);
        Targets.Made += _prober.Attend;
        Flights = new(time, chance.NextUInt64());
        Notices = new(time);
        Overrides = new(time, journal);
        Pins = new(time, journal);
        Cache = new(time);
        Chaos = new(time, chance, journal);
        Captures = new(time, chance);
        Deferral = new(time, journal);
        Inboxes = new(time, journal);
        _model = Build(policy);
        Pipeline = new(this);
    }

    /// <summary>The pipeline.</summary>
    public CallPipeline Pipeline { get; }

    /// <summary>The policy in force and what was made of it. A call reads it once.</summary>
    public EngineModel Model => Volatile.Read(ref _model);

    /// <summary>Every target and its breaker.</summary>
    public TargetStates Targets { get; }

    /// <summary>Who has spent what.</summary>
    public Ledger Ledger { get; }

    /// <summary>Keeps what was spent over restarts, where a host attaches a store. It ends it before the store.</summary>
    public SpendKeeper SpendKeeper { get; }

    /// <summary>How long answers are.</summary>
    public TypicalAnswers Answers { get; } = new();

    /// <summary>Calls that a retry can join. A host that stops closes it.</summary>
    public FlightTable Flights { get; internal init; }

    /// <summary>The operator's orders in force.</summary>
    public OperatorOverrides Overrides { get; }

    /// <summary>Faults that an operator puts into requests on purpose.</summary>
    public ChaosRoom Chaos { get; }

    /// <summary>Calls that are kept with what was said in them, on purpose. A host that stops ends it.</summary>
    public CaptureDesk Captures { get; }

    /// <summary>Routes that an operator has pinned to one of their targets.</summary>
    public RoutePins Pins { get; }

    /// <summary>Answers that may be given again.</summary>
    public AnswerCache Cache { get; }

    /// <summary>Work that was accepted for later.</summary>
    public DeferralQueue Deferral { get; }
    /// <summary>Calls that wait for a person. A host that stops closes them.</summary>
    public HumanInboxes Inboxes { get; }

    /// <summary>Knows the gateway's own notices when clients send them back.</summary>
    public NoticeMemory Notices { get; }

    /// <summary>Where records go.</summary>
    public Journal Journal { get; }

    /// <summary>The time.</summary>
    public TimeProvider Time { get; }

    /// <summary>The source of chance.</summary>
    public Chance Chance { get; }

    internal IProviderTransport Transport { get; }

    /// <summary>Puts a new policy in force. Calls under way keep the one they began with; breakers live on.</summary>
    public void Apply(Policy policy)
    {
        Volatile.Write(ref _model, Build(policy));
        Targets.Apply(policy.Breaker);
        _prober.Review();
    }

    /// <summary>Ends the probes. Calls under way go on.</summary>
    public ValueTask DisposeAsync() => _prober.DisposeAsync();

    /// <summary>Whether nothing may be sent to a target, probes included: by the policy, or by an operator's order since.</summary>
    public bool IsKilled(Policy policy, string provider, string target) => policy.Kill.Covers(provider, target) || Overrides.Covers(provider, target);

    /// <summary>Breaks off what is under way at a provider, a target, or everywhere: it goes on elsewhere.</summary>
    /// <param name="what">A provider's name, <c>provider/model</c>, or <c>all</c>.</param>
    /// <returns>How many attempts there were.</returns>
    public int BreakOff(string what)
    {
        // All are found before the first is broken off: it goes on elsewhere here and now, and must not be found again there.
        var attempts = UnderWay(what).SelectMany(state => state.UnderWay.Snapshot()).ToList();
        foreach (var attempt in attempts) attempt.BreakOff();
        return attempts.Count;
    }

    /// <summary>How many attempts are under way at a provider, a target, or everywhere.</summary>
    public int AttemptsUnderWay(string what) => UnderWay(what).Sum(state => state.UnderWay.Count);

    /// <summary>How old an answer of the cache is ever asked for.</summary>
    public static TimeSpan LongestKept(Policy policy) =>
        policy.Routes.SelectMany(route => route.Ladder).OfType<CacheRung>().Select(rung => rung.Fresh > rung.MaxStale ? rung.Fresh.Value : rung.MaxStale).DefaultIfEmpty(TimeSpan.Zero).Max();

    private TargetState[] UnderWay(string what)
    {
        var named = new KillSwitch([what]);
        return [.. Targets.InOrder.Where(state => named.Covers(state.Target.Provider.Name, state.Target.Name))];
    }

    private EngineModel Build(Policy policy)
    {
        Targets.Use(policy.Providers);
        Cache.Bound(policy.Cache.MaxBytes, LongestKept(policy));
        Deferral.Bound(policy.Deferred.MaxBytes);
        Captures.Use(policy.Capture, policy.SecretsSensitive);
        Notices.Learn(policy.Routes.SelectMany(route => route.Ladder).SelectMany(rung => rung switch
        {
            NoticeRung notice => notice.Texts,
            DeferRung defer => defer.Texts,
            _ => [],
        }));
        return new(
            policy,
            new RouteTable(policy.Routes, (provider, model) => Targets.Get(provider, model, policy.Breaker).Target),
            new RetryBudget(policy.Retry, Time))
        {
            HedgeBudgets = policy.Routes.Where(route => route.Hedge is not null)
                .DistinctBy(route => route.Name, StringComparer.OrdinalIgnoreCase)
                .ToFrozenDictionary(route => route.Name, route => new HedgeBudget(route.Hedge!), StringComparer.OrdinalIgnoreCase),
        };
    }
}

/// <summary>A policy, made ready. Swapped whole.</summary>
/// <param name="Policy">What the operator decided.</param>
/// <param name="Routes">Its routes.</param>
/// <param name="RetryBudget">What retries may cost.</param>
public sealed record EngineModel(Policy Policy, RouteTable Routes, RetryBudget RetryBudget)
{
    /// <summary>What hedges may cost, by route.</summary>
    public IReadOnlyDictionary<string, HedgeBudget> HedgeBudgets { get; init; } = FrozenDictionary<string, HedgeBudget>.Empty;
}
