using System.Globalization;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Drills.Providers;
using Understudy.Drills.Scenarios;
using Understudy.Drills.Traffic;
using Understudy.Overrides;

namespace Understudy.Drills.Tests.Machine;

/// <summary>
/// One run of the machine: providers, one process of the gateway after the other, clients and operators, in one virtual time
/// on one thread. What is found wrong is kept, in the order in which it was seen.
/// </summary>
internal sealed class MachineWorld
{
    /// <summary>How long everything may take to come to rest after the last call.</summary>
    private static readonly TimeSpan Drain = TimeSpan.FromMinutes(30);

    /// <summary>How long breakers may take to close once all is well; the longest wait and the longest ramp, and relapses of the last minute.</summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromHours(4);

    private readonly List<Finding> _findings = [];
    private readonly List<string>? _notes;
    private readonly OrderedDictionary<DrillCall, MachineCall> _calls = [];
    private readonly Dictionary<MachineHost, List<MachineCall>> _open = [];
    private readonly Dictionary<string, TimeSpan> _joined = [];
    private readonly Dictionary<string, ModelledProvider> _providers = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly List<MachineHost> _hosts = [];
    private List<(string What, TimeSpan? Until)> _orders = [];
    private Policy _policy;
    private int _clients;
    private int _tries;

    private MachineWorld(MachinePlan plan, bool keepNotes)
    {
        Plan = plan;
        _policy = plan.Policy;
        _notes = keepNotes ? [] : null;
        Deferrals = new(this);
        foreach (var provider in plan.Providers)
        {
            var modelled = new ModelledProvider(provider.Name, provider.Protocol, Time, static (_, _) => default, Sickness.Of(plan, provider), TimeSpan.Zero)
            {
                Quota = provider.QuotaPerMinute is { } perMinute ? new(Time, perMinute) : null,
                NormalPerSecond = Math.Max(0.2, plan.Wishes.Count / plan.Length.TotalSeconds),
            };
            modelled.Began += exchange => Mix($"{exchange.Provider} {exchange.Question.Model} {exchange.Outcome.Kind} {Time.Elapsed.Ticks}");
            _providers.Add(provider.Name, modelled);
        }
    }

    /// <summary>What is run.</summary>
    public MachinePlan Plan { get; }

    /// <summary>The time.</summary>
    public VirtualTime Time { get; } = new();

    /// <summary>The providers.</summary>
    public IReadOnlyDictionary<string, ModelledProvider> Providers => _providers;

    /// <summary>Work for later.</summary>
    public MachineDeferrals Deferrals { get; }

    /// <summary>What outlives processes.</summary>
    public MachineStore Store { get; } = new();

    /// <summary>The process that serves; null while none does.</summary>
    public MachineHost? Host { get; private set; }

    /// <summary>Every process that there was.</summary>
    public IReadOnlyList<MachineHost> Hosts => _hosts;

    /// <summary>Every try so far.</summary>
    public IEnumerable<MachineCall> Calls => _calls.Values;

    /// <summary>A number that stands for everything that happened.</summary>
    public ulong Digest { get; private set; } = 1;

    /// <summary>Runs a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="keepNotes">Whether what happened is kept in words.</param>
    public static MachineResult Run(MachinePlan plan, bool keepNotes = false)
    {
        var world = new MachineWorld(plan, keepNotes);
        try
        {
            world.Live();
        }
        catch (Exception bug)
        {
            world.Broken("no exceptions", bug.ToString());
        }

        return new(world._findings, world.Digest, world._notes ?? [], world.Time.Elapsed, [.. world.Calls]) { PutOff = (world.Deferrals.Promised, world.Deferrals.Done) };
    }

    /// <summary>An invariant is broken.</summary>
    public void Broken(string invariant, string how)
    {
        Note($"BROKEN: {invariant}: {how}");
        _findings.Add(new(invariant, string.Create(CultureInfo.InvariantCulture, $"at {Time.Elapsed.TotalSeconds:0.000} s: {how}")));
    }

    /// <summary>Something happened.</summary>
    public void Note(string what)
    {
        Mix(what);
        _notes?.Add(string.Create(CultureInfo.InvariantCulture, $"{Time.Elapsed.TotalSeconds,10:0.000} s  {what}"));
    }

    /// <summary>Everything happens on one thread: what hops to another would make the order of a run the machine's own.</summary>
    public void OnItsThread()
    {
        if (Environment.CurrentManagedThreadId != _thread) Broken("one thread", "something went on on another thread");
    }

    /// <summary>Whether an operator's order keeps everything from a target now.</summary>
    public bool IsOrderedAway(string provider, string target) =>
        _orders.Exists(order => (order.Until is not { } until || until > Time.Elapsed) && new KillSwitch([order.What]).Covers(provider, target));

    /// <summary>A try of <paramref name="from"/> has joined a call.</summary>
    public void Joined(string host, TimeSpan from) => _joined[host] = from;

    /// <summary>When the last one came that joined a call; the call's own time where none did.</summary>
    public TimeSpan LastJoined(string host, TimeSpan own) => _joined.GetValueOrDefault(host, own);

    /// <summary>A try has ended.</summary>
    public void Over(MachineHost host, MachineCall call) => _open[host].Remove(call);

    /// <summary>The try that a provider sees as <paramref name="call"/>.</summary>
    public MachineCall CallOf(DrillCall call) => _calls[call];

    /// <summary>What is done to the bytes of an answer, and at which piece.</summary>
    public (Twist Twist, int At) TwistOf(string provider, DrillCall? call)
    {
        if (call is null) return (Twist.None, 1);
        var chance = new Chance(Seeds.Mix(Seeds.Mix(Plan.Story.Seed, (ulong)call.Plan.Number), (ulong)call.Attempts + 77));
        var (draw, at) = (chance.NextDouble(), chance.Next(12));
        foreach (var (_, outage) in Plan.Outages)
        {
            if (outage.Twist == Twist.None || draw >= outage.TwistShare || !outage.Providers.Contains(provider)) continue;
            if (Time.Elapsed >= outage.From && Time.Elapsed < outage.To) return (outage.Twist, at);
        }

        return (Twist.None, at);
    }

    /// <summary>Begins a try of a wish.</summary>
    /// <returns>The try; null where nobody serves.</returns>
    public MachineCall? Try(Wish wish, int number)
    {
        if (Host is not { } host) return null;
        var model = host.Engine.Model;
        if (model.Routes.Find(wish.Model) is not { } route) return null;
        var id = string.Create(CultureInfo.InvariantCulture, $"us_{++_tries}");
        var (body, facts) = Bodies.Of(wish);
        var drill = new DrillCall(new(wish.Question, Time.Elapsed, wish.InputTokens, wish.OutputTokens, wish.Stream, wish.Question, 0), Seeds.Mix(Plan.Story.Seed, (ulong)_tries));
        var sink = new MachineSink(this, id, Time.Elapsed, wish);
        var call = new MachineCall(wish, drill, sink, new()
        {
            Id = id,
            StartedAt = Time.GetUtcNow(),
            Started = Time.GetTimestamp(),
            Client = wish.Client,
            Route = route.Model.Name,
            UseCase = route.Model.UseCase.Name,
            Protocol = wish.Protocol,
            Model = wish.Model,
            Stream = facts.Stream,
        }, model.Policy, route.Model);
        _calls.Add(drill, call);
        _open[host].Add(call);
        Note($"{id}: {wish}{(number == 0 ? "" : $" (try {number + 1})")}");
        _ = host.ServeAsync(call, new()
        {
            Request = new()
            {
                Protocol = wish.Protocol,
                Operation = wish.Counts ? CallOperation.CountTokens : CallOperation.Generate,
                Body = body,
                Facts = facts,
                Model = wish.Model,
                Headers = wish.WantsLater ? new CallMark(drill, new HeaderField("prefer", "respond-async")) : new CallMark(drill),
                CallerSensitive = wish.Client ?? "",
                IdempotencyKey = wish.HasKey ? $"key-{wish.Question}" : null,
                IsRetry = number > 0 && wish.SaysRetry,
            },
            Sink = sink,
            Model = model,
            Route = route,
            UseCase = route.Model.UseCase,
            Client = model.Policy.Clients.FirstOrDefault(client => client.Name == wish.Client),
            Record = call.Record,
        });
        return call;
    }

    private void Live()
    {
        Start();
        foreach (var (_, outage) in Plan.Outages) At(outage.From, () => Note($"outage begins: {outage}"));
        foreach (var (_, wish) in Plan.Wishes) At(wish.At, () => Follow(wish));
        foreach (var (_, act) in Plan.Acts) At(act.At, () => Do(act));
        foreach (var (_, crash) in Plan.Crashes) At(crash.At, () => Die(crash));
        Time.Advance(Plan.Length);
        for (var until = Time.Elapsed + Drain; (_clients > 0 || Host is null || Running > 0) && Time.Elapsed < until;) Time.Advance(TimeSpan.FromSeconds(1));
        Time.Advance(TimeSpan.FromMinutes(2)); // what is kept for a retry is forgotten
        for (var until = Time.Elapsed + Drain; Deferrals.IsBusy && Time.Elapsed < until;) Time.Advance(TimeSpan.FromSeconds(10));
        Deferrals.AtRest();
        Inspector.AtRest(this);
        if (_findings.Count > 0) return;
        Recover();
    }

    /// <summary>Tries that have not ended yet, in the process that serves.</summary>
    public int Running => Host is { } host ? _open[host].Count : 0;

    private void At(TimeSpan at, Action what) => Time.CreateTimer(_ => what(), null, at, Timeout.InfiniteTimeSpan);

    private void Start()
    {
        Host = new(this, _policy, _hosts.Count);
        _hosts.Add(Host);
        _open.Add(Host, []);
    }

    private void Follow(Wish wish)
    {
        _clients++;
        _ = GuardAsync();

        async Task GuardAsync()
        {
            try
            {
                await new MachineClient(this, wish).LiveAsync().ConfigureAwait(false);
            }
            catch (Exception bug)
            {
                Broken("the machine itself", bug.ToString());
            }

            _clients--;
        }
    }

    private void Do(Act act)
    {
        Note($"operator: {act}");
        if (act.Kind == ActKind.Reload) _policy = act.Policy!;
        if (Host is not { } host) return; // what is ordered of nobody is not ordered, but a changed file is read at the start
        switch (act.Kind)
        {
            case ActKind.Kill or ActKind.Drain:
                DateTimeOffset? until = act.For is { } span ? Time.GetUtcNow() + span : null;
                _orders = [.. _orders.Where(order => order.What != act.What), (act.What, act.For is { } length ? Time.Elapsed + length : null)];
                _ = host.Engine.Overrides.OrderAsync(new() { What = act.What, Kind = act.Kind == ActKind.Kill ? OverrideKind.Kill : OverrideKind.Drain, At = Time.GetUtcNow(), Who = "machine", Why = "drawn", Until = until });
                if (act.Kind == ActKind.Kill) host.Engine.BreakOff(act.What);
                break;
            case ActKind.Revive:
                _orders = act.What == "all" ? [] : [.. _orders.Where(order => order.What != act.What)];
                _ = host.Engine.Overrides.ReviveAsync(act.What, "machine", "drawn");
                break;
            case ActKind.Reset:
                foreach (var state in host.Engine.Targets.All.Where(state => new KillSwitch([act.What]).Covers(state.Target.Provider.Name, state.Target.Name)).ToList()) state.Breaker.Reset();
                break;
            case ActKind.Pin:
                var route = _policy.Routes[act.What.Length % _policy.Routes.Count];
                var targets = route.Ladder.OfType<TargetRung>().SelectMany(rung => rung.Targets).ToList();
                _ = host.Engine.Pins.PinAsync(new() { Route = route.Name, Target = targets[(int)(act.At.TotalMilliseconds % targets.Count)].ToString(), At = Time.GetUtcNow(), Who = "machine", Why = "drawn", Until = Time.GetUtcNow() + (act.For ?? TimeSpan.FromMinutes(5)) });
                break;
            case ActKind.Reload:
                host.Reload(_policy);
                break;
        }
    }

    private void Die(Crash crash)
    {
        if (Host is not { } host) return;
        Note("the process dies");
        Host = null;
        host.Die();
        foreach (var call in _open[host])
        {
            call.Sink.Leave();
            call.Heard.TrySetResult();
        }

        At(crash.Away, Start);
    }

    /// <summary>All is well again and nobody does anything: every breaker must find that out by itself.</summary>
    private void Recover()
    {
        foreach (var order in _orders.ToList()) _ = Host!.Engine.Overrides.ReviveAsync(order.What, "machine", "drawn");
        _orders = [];
        for (var until = Time.Elapsed + Recovery; Time.Elapsed < until && Inspector.Unwell(this).Any();) Time.Advance(TimeSpan.FromMinutes(5));
        Inspector.Recovered(this);
    }

    private void Mix(string what) => Digest = Seeds.Mix(Digest, what);
}

/// <summary>An invariant that was broken.</summary>
/// <param name="Invariant">Which one.</param>
/// <param name="How">When and how.</param>
internal sealed record Finding(string Invariant, string How);

/// <summary>What a run came to.</summary>
/// <param name="Findings">What was broken; none where all held.</param>
/// <param name="Digest">A number that stands for everything that happened.</param>
/// <param name="Notes">What happened, in words; none where nobody asked for them.</param>
/// <param name="Elapsed">How much virtual time it took.</param>
/// <param name="Calls">Every try of every wish, in order.</param>
internal sealed record MachineResult(IReadOnlyList<Finding> Findings, ulong Digest, IReadOnlyList<string> Notes, TimeSpan Elapsed, IReadOnlyList<MachineCall> Calls)
{
    /// <summary>How many pieces were promised for later, and how many of them were done.</summary>
    public (int Promised, int Done) PutOff { get; init; }
}
