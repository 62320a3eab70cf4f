using Understudy.CircuitBreaker;
using Understudy.Configuration;
using Understudy.Drills.Providers;
using Understudy.Drills.Traffic;
using Understudy.Observation;
using Understudy.Pipeline;
using Understudy.Transport;

namespace Understudy.Drills.Tests.Machine;

/// <summary>One process of the gateway, from its start to its end or its death: the real engine, over what the store kept.</summary>
#pragma warning disable CA1001 // its source has no timer and no wait handle: nothing to free
internal sealed class MachineHost
#pragma warning restore CA1001
{
    /// <summary>More requests than this are an engine that does not stop.</summary>
    private const int MostSent = 50_000;

    private readonly CancellationTokenSource _died = new();
    private readonly List<CallRecord> _records = [];
    private readonly List<Policy> _policies = [];
    private readonly MachineStore.Seat _store;

    public MachineHost(MachineWorld world, Policy policy, int number)
    {
        World = world;
        Time = new(world.Time);
        var transport = new ModelledTransport(world.Providers, world.Time, Seeds.Mix(world.Plan.Story.Seed, $"probes-{number}"));
        transport.Unplanned += () => Probes++;
        var journal = new Journal();
        _policies.Add(policy);
        Engine = new(policy, new HostTransport(this, transport), Time, new Chance(Seeds.Mix(world.Plan.Story.Seed, $"engine-{number}")), journal);
        journal.CallBegan += Began;
        journal.CallEnded += Ended;
        journal.Happened += happening => world.Note($"{happening.Kind}: {happening.Text}");
        _store = world.Store.For(this);
        Engine.Overrides.Attach(_store, world.Store.Orders);
        Engine.Cache.Attach(_store, world.Store.Answers);
        Engine.Pins.Attach(_store, world.Store.Pins);
        _ = new People(this);
        StartedAt = world.Time.Elapsed;
    }

    public MachineWorld World { get; }

    public Engine Engine { get; }

    public HostTime Time { get; }

    /// <summary>When it began.</summary>
    public TimeSpan StartedAt { get; }

    /// <summary>Whether it is gone.</summary>
    public bool IsDead { get; private set; }

    /// <summary>Fires when it dies.</summary>
    public CancellationToken Died => _died.Token;

    /// <summary>Calls that were taken.</summary>
    public IReadOnlyList<CallRecord> Records => _records;

    /// <summary>Every policy that was in force.</summary>
    public IReadOnlyList<Policy> Policies => _policies;

    /// <summary>Calls that have ended.</summary>
    public int CallsEnded { get; private set; }

    /// <summary>Requests that were made for calls.</summary>
    public int Sent { get; private set; }

    /// <summary>Requests that were no call's.</summary>
    public int Probes { get; private set; }

    /// <summary>Replies that nobody has let go of yet.</summary>
    public int RepliesOpen { get; set; }

    /// <summary>What never comes: for code of a process that is gone.</summary>
    public static Task NeverAsync() => new TaskCompletionSource().Task;

    /// <summary>Takes a call to its end.</summary>
    public async Task ServeAsync(MachineCall call, Call served)
    {
        try
        {
            await Engine.Pipeline.RunAsync(served, call.Left.Token).ConfigureAwait(false);
        }
        catch (Exception bug) when (!IsDead)
        {
            World.Broken("no exceptions", bug.ToString());
        }

        if (IsDead) return;
        World.OnItsThread();
        call.IsOver = true;
        call.Sink.IsOver = true;
        World.Over(this, call);
        Inspector.Ended(World, this, call);
        call.Heard.TrySetResult();
    }

    /// <summary>A request is about to go out.</summary>
    public void Sends(ProviderRequest request, DrillCall? planned)
    {
        if (IsDead) return;
        World.OnItsThread();
        var target = $"{request.Provider.Name}/{request.Model}";
        if (World.IsOrderedAway(request.Provider.Name, target)) World.Broken("killed gets nothing", $"{target} is killed and was asked{(planned is null ? " by a probe" : "")}");
        if (planned is null)
        {
            World.Note($"probe of {target}");
            if (Engine.Model.Policy.Kill.Covers(request.Provider.Name, target)) World.Broken("killed gets nothing", $"{target} is killed by the policy and was probed");
            return;
        }

        Sent++;
        if (Sent > MostSent) throw new InvalidOperationException("An engine that does not stop.");
        var call = World.CallOf(planned);
        World.Note($"{call.Record.Id} asks {target}");
        if (call.Policy.Kill.Covers(request.Provider.Name, target)) World.Broken("killed gets nothing", $"{target} is killed by the call's policy and was asked");
        if (World.Time.Elapsed - call.Drill.Plan.At > call.Longest + Inspector.Slack) World.Broken("deadline", $"{call.Record.Id} asks {target} after its deadline");
        if (_policies.Exists(policy => policy.Breaker.Probe == ProbeKind.Traffic)) return; // a call is the probe then
        if (StateOf(target) is { Breaker: { State: BreakerState.Open, IsAiling: false } }) World.Broken("open lets probes only", $"{target} is open, not merely ailing, and was asked by {call.Record.Id}");
    }

    /// <summary>Another policy comes into force.</summary>
    public void Reload(Policy policy)
    {
        _policies.Add(policy);
        Engine.Apply(policy);
    }

    /// <summary>The process is gone, in the middle of whatever it did.</summary>
    public void Die()
    {
        IsDead = true;
        Time.Die();
        _died.Cancel();
    }

    private TargetState? StateOf(string target) => Engine.Targets.All.FirstOrDefault(state => state.Target.Name == target);

    private void Began(CallRecord record)
    {
        if (!IsDead) _records.Add(record);
    }

    private void Ended(CallRecord record)
    {
        if (IsDead) return;
        CallsEnded++;
        World.Note($"{record.Id}: {record.Outcome}{(record.Failure is { } failure ? $", {failure.Kind}" : "")} after {record.Duration.TotalSeconds:0.###} s, {record.Sent} sent: {string.Join(" ", record.Attempts.Select(attempt => $"{attempt.Target}{(attempt.Sent ? "" : "(not sent)")}:{attempt.Failure?.Kind.ToString() ?? "ok"}"))}");
    }
}
