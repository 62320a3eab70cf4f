using System.Collections.Concurrent;
using Understudy.CircuitBreaker;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.Probing;

namespace Understudy.Pipeline;

/// <summary>
/// Sends the synthetic probes that breakers ask for, in the background. Where all is well it does nothing: a target has a
/// timer only once its breaker has wanted a probe. A killed target gets none, nor one that the policy no longer names.
/// </summary>
internal sealed class Prober(Engine engine) : IAsyncDisposable
{
    /// <summary>So much of a wait is added by chance: gateways that saw the same second go must not all ask in the same second.</summary>
    private const double Jitter = 0.1;

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Task, bool> _underWay = new();
    private readonly ConcurrentDictionary<TargetState, Watch> _watches = new();

    /// <summary>Follows a target's breaker from now on.</summary>
    public void Attend(TargetState state) => state.Breaker.ProbeMoved += () => Arm(state);

    /// <summary>Looks at every breaker anew: the policy has changed, and may probe what users' calls probed before.</summary>
    public void Review()
    {
        // In an order of its own: each draws its jitter from the one source of chance, and a hash has another order in each process.
        foreach (var state in engine.Targets.InOrder) Arm(state);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (var watch in _watches.Values) watch.Dispose();
        await Task.WhenAll(_underWay.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // The source is not disposed: a timer callback may be on its way, and without a wait handle there is nothing to free.
    }

    private void Arm(TargetState state)
    {
        if (state.Breaker.NextProbe is not null) _watches.GetOrAdd(state, _ => new(this, state)).Arm();
    }

    private bool MayProbe(TargetState state)
    {
        var policy = engine.Model.Policy;
        var target = state.Target;
        return !engine.IsKilled(policy, target.Provider.Name, target.Name) && policy.Providers.Contains(target.Provider);
    }

    private void Send(TargetState state, BreakerPermit permit)
    {
        var probe = ProbeAsync(state, permit);
        if (probe.IsCompleted) return;
        _underWay[probe] = true;
        _ = probe.ContinueWith(
            static (ended, all) => ((ConcurrentDictionary<Task, bool>)all!).TryRemove(ended, out _),
            _underWay, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task ProbeAsync(TargetState state, BreakerPermit permit)
    {
        var target = state.Target;
        var (at, started) = (engine.Time.GetUtcNow(), engine.Time.GetTimestamp());
        var limit = engine.Model.Policy.Breaker.ProbeTimeout;
        var result = new ProbeResult(new(FailureKind.Garbage, "the probe ended in an exception"), default);
        state.Probes.Begin();
        try
        {
            result = await Probe.SendAsync(engine.Chaos.AroundProbe(engine.Transport, target.Provider.Name, target.Model), target.Provider, target.Model, limit, engine.Time, _stop.Token).ConfigureAwait(false);
        }
        finally
        {
            var record = new ProbeRecord(at, target.Name, target.Provider.Name, engine.Time.GetElapsedTime(started), result.Failure, result.Usage);
            state.Probes.End(record);
            if (result.Failure is null) state.Refusals.Answered(""); // the key works: that holds for calls as well
            state.Breaker.Report(permit, Verdict(result), result.Failure?.Kind);
            if (_watches.TryGetValue(state, out var watch)) watch.Arm(); // before it is told: who hears of it may move the time on
            engine.Journal.End(record);
        }
    }

    private BreakerVerdict Verdict(ProbeResult result) => result.Failure switch
    {
        null => BreakerVerdict.Success,
        _ when _stop.IsCancellationRequested => BreakerVerdict.Neutral,
        { Traits.CountsAgainstTarget: true } => BreakerVerdict.Failure,
        _ => BreakerVerdict.Neutral,
    };

    /// <summary>The timer of one target.</summary>
    private sealed class Watch : IDisposable
    {
        private readonly Lock _arming = new();
        private readonly Prober _prober;
        private readonly TargetState _state;
        private readonly ITimer _timer;

        public Watch(Prober prober, TargetState state)
        {
            _prober = prober;
            _state = state;
            _timer = prober.Time.CreateTimer(static watch => ((Watch)watch!).Fired(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        /// <summary>Sets the timer to the breaker's next probe.</summary>
        public void Arm()
        {
            // Two that arm at once must not leave the later time standing.
            lock (_arming)
            {
                if (_prober._stop.IsCancellationRequested || _state.Breaker.NextProbe is not { } wait) return;
                ArmFor(wait + _prober.Chance.NextUpTo(wait * Jitter));
            }
        }

        public void Dispose() => _timer.Dispose();

        private void Fired()
        {
            if (_prober._stop.IsCancellationRequested || _state.Breaker.NextProbe is null) return;
            if (!_prober.MayProbe(_state)) ArmFor(_prober.Pause);
            else if (_state.Breaker.TryProbe(out var permit)) _prober.Send(_state, permit);
            else Arm();
        }

        // Rounded up to a millisecond: a timer that fires early would only go round again.
        private void ArmFor(TimeSpan wait) => _timer.Change(TimeSpan.FromMilliseconds(Math.Max(Math.Ceiling(wait.TotalMilliseconds), 1)), Timeout.InfiniteTimeSpan);
    }

    private TimeProvider Time => engine.Time;

    private Chance Chance => engine.Chance;

    private TimeSpan Pause => engine.Model.Policy.Breaker.OpenFor;
}
