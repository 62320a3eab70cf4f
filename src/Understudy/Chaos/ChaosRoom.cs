using System.Globalization;
using Understudy.Configuration;
using Understudy.Observation;
using Understudy.Transport;

namespace Understudy.Chaos;

/// <summary>
/// The experiments of a gateway: faults put into requests on purpose, always with an end. While there is none a request
/// passes by with one read. Thread-safe.
/// </summary>
/// <param name="time">The time.</param>
/// <param name="chance">Decides which requests of a share are hit.</param>
/// <param name="journal">Hears of every change, and tells whether users are hurt.</param>
public sealed class ChaosRoom(TimeProvider time, Chance chance, Journal journal) : IDisposable
{
    /// <summary>The longest that one runs.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>How far ahead one is scheduled.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromDays(7);

    /// <summary>How many there are at a time, scheduled ones among them.</summary>
    public const int Most = 10;

    /// <summary>How many reports are kept.</summary>
    public const int Kept = 50;

    private readonly Lock _lock = new();
    private readonly Queue<ChaosExperiment> _past = new(Kept);
    private readonly List<ChaosExperiment> _waiting = [];
    private ChaosExperiment[] _running = [];
    private ITimer? _next;
    private int _made;
    private bool _hears;
    private IChaosStore? _store;

    /// <summary>Whether no experiment runs.</summary>
    public bool IsQuiet => Volatile.Read(ref _running).Length == 0;

    /// <summary>What runs and what is scheduled.</summary>
    public IReadOnlyList<ChaosExperiment> InForce
    {
        get
        {
            lock (_lock) return [.. _running, .. _waiting];
        }
    }

    /// <summary>The reports of those that are over, the newest first.</summary>
    public IReadOnlyList<ChaosExperiment> Past
    {
        get
        {
            lock (_lock) return [.. _past.Reverse()];
        }
    }

    /// <summary>The routes on which an experiment would be felt and which do not allow it: one breaker serves all routes of a target.</summary>
    public static IReadOnlyList<string> Unmarked(Policy policy, string what) =>
        [.. RoutesOf(policy, what).Where(route => !route.AllowsChaos).Select(route => route.Name)];

    /// <summary>The routes whose ladder has a target.</summary>
    public static IEnumerable<RouteModel> RoutesOf(Policy policy, string what)
    {
        var slash = what.IndexOf('/', StringComparison.Ordinal);
        var (provider, model) = slash < 0 ? (what, null) : (what[..slash], what[(slash + 1)..]);
        return policy.Routes.Where(route => route.Ladder.OfType<TargetRung>().SelectMany(rung => rung.Targets).Any(target =>
            target.Provider.Name.Equals(provider, StringComparison.OrdinalIgnoreCase) && (model is null || target.Model is null || target.Model.Equals(model, StringComparison.OrdinalIgnoreCase))));
    }

    /// <summary>From here on <paramref name="store"/> keeps what is scheduled and what is over; what it held is taken up.</summary>
    /// <param name="store">The store.</param>
    /// <param name="held">What it held.</param>
    public void Attach(IChaosStore store, IReadOnlyList<ChaosReport> held)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            foreach (var experiment in held.Select(kept => new ChaosExperiment(kept, now)))
            {
                if (experiment.Id.StartsWith("chaos-", StringComparison.Ordinal) && int.TryParse(experiment.Id.AsSpan("chaos-".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) _made = Math.Max(_made, number);
                if (experiment.State == ChaosState.Ended) _past.Enqueue(experiment);
                else _waiting.Add(experiment);
            }

            while (_past.Count > Kept) _past.Dequeue();
            _store = store;
            Arm_NeedsLock();
        }

        Save();
    }

    /// <summary>Takes an order. Whether it may be given is for whoever takes orders to say.</summary>
    /// <returns>The experiment; null where there are <see cref="Most"/> already.</returns>
    public ChaosExperiment? Start(ChaosOrder order)
    {
        ChaosExperiment experiment;
        var begins = false;
        lock (_lock)
        {
            if (_running.Length + _waiting.Count >= Most) return null;
            experiment = new(string.Create(CultureInfo.InvariantCulture, $"chaos-{++_made}"), order);
            begins = order.From <= time.GetUtcNow();
            if (begins) Begin_NeedsLock(experiment);
            else _waiting.Add(experiment);
            Arm_NeedsLock();
        }

        Tell(experiment, begins ? $"{Words(order)}, until {At(order.Until)}, by {order.Who}: {order.Why}" : $"{Words(order)} is to begin {At(order.From)}, until {At(order.Until)}, by {order.Who}: {order.Why}");
        return experiment;
    }

    /// <summary>Ends one now.</summary>
    /// <returns>Whether there was such a one.</returns>
    public bool Abort(string id, string who, string why)
    {
        var experiment = InForce.FirstOrDefault(one => one.Id == id);
        return experiment is not null && End(experiment, who, why);
    }

    /// <summary>Ends all now.</summary>
    /// <returns>How many there were.</returns>
    public int AbortAll(string who, string why) => InForce.Count(one => End(one, who, why));

    /// <summary>The way for a call's request: the plain one, or one on which a fault waits.</summary>
    internal IProviderTransport Around(IProviderTransport inner, ProviderRequest request, RouteModel route, string? client)
    {
        if (!route.AllowsChaos) return inner;
        foreach (var experiment in Volatile.Read(ref _running))
        {
            if (experiment.Covers(request, route.Name, client) && Hits(experiment)) return new FaultyTransport(inner, experiment, time);
        }

        return inner;
    }

    /// <summary>The way for a probe.</summary>
    internal IProviderTransport AroundProbe(IProviderTransport inner, string provider, string model)
    {
        foreach (var experiment in Volatile.Read(ref _running))
        {
            if (experiment.CoversProbe(provider, model) && Hits(experiment)) return new FaultyTransport(inner, experiment, time);
        }

        return inner;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _next?.Dispose();
            foreach (var experiment in _running) experiment.End(time.GetUtcNow(), "the gateway", "it stops");
            foreach (var experiment in _running)
            {
                if (_past.Count == Kept) _past.Dequeue();
                _past.Enqueue(experiment);
            }

            _running = [];
            Save(); // what is scheduled with it: it is taken up at the next start
            _waiting.Clear();
            if (_hears) journal.CallEnded -= Hear;
            _hears = false;
        }
    }

    private bool Hits(ChaosExperiment experiment)
    {
        // The timer may be late; the end is not.
        if (experiment.Order.Until <= time.GetUtcNow()) return false;
        if (experiment.Order.Share < 1 && chance.NextDouble() >= experiment.Order.Share) return false;
        experiment.Touch();
        return true;
    }

    private void Hear(CallRecord call)
    {
        foreach (var experiment in Volatile.Read(ref _running))
        {
            if (experiment.Hear(call, time.GetUtcNow()) is { } hurt) End(experiment, "the gateway", hurt);
        }
    }

    private void Turn()
    {
        List<ChaosExperiment> due, over;
        lock (_lock)
        {
            var now = time.GetUtcNow();
            over = [.. _running.Concat(_waiting).Where(one => one.Order.Until <= now)];
            due = _waiting.FindAll(one => one.Order.From <= now && one.Order.Until > now);
            foreach (var experiment in due)
            {
                _waiting.Remove(experiment);
                Begin_NeedsLock(experiment);
            }

            Arm_NeedsLock();
        }

        foreach (var experiment in due) Tell(experiment, $"{Words(experiment.Order)} begins as scheduled by {experiment.Order.Who}, until {At(experiment.Order.Until)}: {experiment.Order.Why}");
        foreach (var experiment in over) End(experiment, "the clock", "its time is up");
    }

    private void Begin_NeedsLock(ChaosExperiment experiment)
    {
        experiment.Begin(time.GetUtcNow());
        Volatile.Write(ref _running, [.. _running, experiment]);
        if (_hears) return;
        journal.CallEnded += Hear;
        _hears = true;
    }

    private bool End(ChaosExperiment experiment, string by, string why)
    {
        lock (_lock)
        {
            if (experiment.State == ChaosState.Ended) return false;
            experiment.End(time.GetUtcNow(), by, why);
            _waiting.Remove(experiment);
            Volatile.Write(ref _running, [.. _running.Where(one => one != experiment)]);
            if (_running.Length == 0 && _hears)
            {
                journal.CallEnded -= Hear;
                _hears = false;
            }

            if (_past.Count == Kept) _past.Dequeue();
            _past.Enqueue(experiment);
            Arm_NeedsLock();
        }

        Tell(experiment, string.Create(CultureInfo.InvariantCulture, $"{Words(experiment.Order)} was ended by {by}: {why}. {experiment.Touched} requests were hit; of {experiment.Calls} calls {experiment.Moved} were served by another target, {experiment.Continued} continued, {experiment.Hurt} not answered"));
        return true;
    }

    private void Arm_NeedsLock()
    {
        _next?.Dispose();
        _next = null;
        var soonest = _running.Select(one => one.Order.Until).Concat(_waiting.Select(one => one.Order.From)).DefaultIfEmpty(DateTimeOffset.MaxValue).Min();
        if (soonest == DateTimeOffset.MaxValue) return;
        var wait = soonest - time.GetUtcNow();
        // Looked at within the hour: the clock may be set meanwhile.
        wait = wait < TimeSpan.Zero ? TimeSpan.Zero : wait > Longest ? Longest : wait;
        _next = time.CreateTimer(_ => Turn(), null, TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }

    private void Save()
    {
        if (_store is not { } store) return;
        lock (_lock) store.Save([.. _past.Concat(_running).Concat(_waiting).Select(one => one.Report)]);
    }

    private void Tell(ChaosExperiment experiment, string text)
    {
        Save(); // whatever is told has changed something
        journal.Tell(new(time.GetUtcNow(), "chaos", experiment.Id, $"{experiment.Id}: {text}"));
    }

    private static string Words(ChaosOrder order)
    {
        var who = $"{(order.Route is null ? "" : $" of route {order.Route}")}{(order.Client is null ? "" : $" of client {order.Client}")}{(order.Header is null ? "" : $" with header {order.Header}")}";
        return string.Create(CultureInfo.InvariantCulture, $"{order.Fault} for {order.Share * 100:0.##} % of the requests{who} to {order.What}");
    }

    private static string At(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
