using Understudy.Observation;
using Understudy.Transport;

namespace Understudy.Chaos;

/// <summary>The states of an experiment.</summary>
public enum ChaosState
{
    /// <summary>Its time has not come.</summary>
    Scheduled,

    /// <summary>It puts faults into requests.</summary>
    Running,

    /// <summary>It is over.</summary>
    Ended,
}

/// <summary>An experiment, with what came of it so far: its report. Live; shared by all calls.</summary>
public sealed class ChaosExperiment
{
    /// <summary>Calls without an answer below which nobody is said to be hurt.</summary>
    private const int FewestHurt = 3;

    /// <summary>What lies further back than two of these does not count for the abort.</summary>
    private static readonly TimeSpan Stretch = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private DateTimeOffset _stretchBegan;
    private (int Calls, int Hurt) _before, _now;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _touched;

    internal ChaosExperiment(string id, ChaosOrder order)
    {
        Id = id;
        Order = order;
    }

    /// <summary>One of before a restart. What was under way then is over: faults do not come back by themselves.</summary>
    internal ChaosExperiment(ChaosReport kept, DateTimeOffset now)
        : this(kept.Id, kept.Order)
    {
        (Calls, Hurt, Moved, Continued, _touched) = (kept.Calls, kept.Hurt, kept.Moved, kept.Continued, kept.Touched);
        if (kept.State == ChaosState.Ended) End(kept.EndedAt ?? now, kept.EndedBy ?? "the gateway", kept.EndedWhy ?? "it stopped");
        else if (kept.State == ChaosState.Running) End(now, "the gateway", "it stopped meanwhile");
        else if (kept.Order.From <= now) End(now, "the gateway", "it was not running when this was to begin");
    }

    /// <summary>It as it is kept.</summary>
    internal ChaosReport Report => new(Id, Order, State, EndedAt, EndedBy, EndedWhy, Touched, Calls, Hurt, Moved, Continued);

    /// <summary>Its id.</summary>
    public string Id { get; }

    /// <summary>What was ordered.</summary>
    public ChaosOrder Order { get; }

    /// <summary>Its state.</summary>
    public ChaosState State { get; private set; } = ChaosState.Scheduled;

    /// <summary>When it ended; null while it has not.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>Who ended it: <c>the clock</c>, <c>the gateway</c>, or an operator.</summary>
    public string? EndedBy { get; private set; }

    /// <summary>Why it ended.</summary>
    public string? EndedWhy { get; private set; }

    /// <summary>Requests that it hit, probes among them.</summary>
    public long Touched => Interlocked.Read(ref _touched);

    /// <summary>Calls of its routes that ended meanwhile and were the gateway's to answer.</summary>
    public int Calls { get; private set; }

    /// <summary>Of them those without an answer.</summary>
    public int Hurt { get; private set; }

    /// <summary>Of them those that another than the first target served.</summary>
    public int Moved { get; private set; }

    /// <summary>Of them those whose answer was cut and continued.</summary>
    public int Continued { get; private set; }

    /// <summary>Ends with it: what hangs on purpose goes on.</summary>
    internal Task Ended => _ended.Task;

    /// <summary>Whether a request is one that it may hit.</summary>
    internal bool Covers(ProviderRequest request, string? route, string? client)
    {
        if (!CoversTarget(request.Provider.Name, request.Model)) return false;
        if (Order.Route is not null && !string.Equals(Order.Route, route, StringComparison.OrdinalIgnoreCase)) return false;
        if (Order.Client is not null && Order.Client != client) return false;
        return Order.Header is not { } header || (request.Call.Header(header) is { } value && (Order.HeaderValue is null || Order.HeaderValue == value));
    }

    /// <summary>Whether a probe is one that it may hit: where it picks among callers, no probe is.</summary>
    internal bool CoversProbe(string provider, string model) => Order is { Route: null, Client: null, Header: null } && CoversTarget(provider, model);

    internal void Touch() => Interlocked.Increment(ref _touched);

    internal void Begin(DateTimeOffset now)
    {
        State = ChaosState.Running;
        _stretchBegan = now;
    }

    internal void End(DateTimeOffset now, string by, string why)
    {
        State = ChaosState.Ended;
        (EndedAt, EndedBy, EndedWhy) = (now, by, why);
        _ended.TrySetResult();
    }

    /// <summary>Counts a call that ended meanwhile.</summary>
    /// <returns>Why users are hurt too much for it to go on; null where it may.</returns>
    internal string? Hear(CallRecord call, DateTimeOffset now)
    {
        if (Order.Route is not null && !string.Equals(Order.Route, call.Route, StringComparison.OrdinalIgnoreCase)) return null;
        var hurt = call.Outcome is CallOutcome.Failed or CallOutcome.Refused;
        if (!hurt && call.Outcome is not (CallOutcome.Answered or CallOutcome.Degraded or CallOutcome.Deferred)) return null;
        lock (_lock)
        {
            if (now - _stretchBegan >= Stretch)
            {
                _before = now - _stretchBegan < Stretch * 2 ? _now : default;
                _now = default;
                _stretchBegan = now;
            }

            _now.Calls++;
            Calls++;
            if (call.Continued) Continued++;
            if (call is { ServedBy: { } server, Attempts: [{ } meant, ..] } && meant.Target != server) Moved++;
            if (!hurt) return null;
            _now.Hurt++;
            Hurt++;
            var (calls, bad) = (_before.Calls + _now.Calls, _before.Hurt + _now.Hurt);
            return bad >= FewestHurt && bad > calls * Order.AbortAbove ? $"users were hurt: {bad} of the last {calls} calls were not answered" : null;
        }
    }

    private bool CoversTarget(string provider, string model)
    {
        var slash = Order.What.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0) return string.Equals(Order.What, provider, StringComparison.OrdinalIgnoreCase);
        return Order.What.AsSpan(0, slash).Equals(provider, StringComparison.OrdinalIgnoreCase) && Order.What.AsSpan(slash + 1).Equals(model, StringComparison.OrdinalIgnoreCase);
    }
}
