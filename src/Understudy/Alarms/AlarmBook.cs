using Understudy.Configuration;
using Understudy.Observation;

namespace Understudy.Alarms;

/// <summary>
/// The alarms of a gateway: counts calls as they end, looks at its rules every few seconds, and keeps what fires until it
/// is over. Whoever tells people listens to <see cref="Changed"/>; a call never waits for any of it (decision 0017).
/// </summary>
/// <remarks>Bounded whatever comes: subjects are names of the policy and the targets that are labels of metrics.</remarks>
public sealed class AlarmBook : IDisposable
{
    /// <summary>How often the rules are looked at, as a rule.</summary>
    public static readonly TimeSpan LooksEvery = TimeSpan.FromSeconds(5);

    /// <summary>How many alarms that are over are kept.</summary>
    public const int Kept = 100;

    private readonly Lock _lock = new();
    private readonly Dictionary<(AlarmRule Rule, string Subject), AlarmWatch> _watches = [];
    private readonly Queue<Alarm> _over = new(Kept);
    private readonly Journal _journal;
    private readonly TimeProvider _time;
    private readonly Func<Policy> _policyInForce;
    private readonly Func<LiveFacts> _facts;
    private readonly AlarmCounts _counts;
    private readonly ProviderRules _providers;
    private readonly TimeSpan _every;
    private readonly ITimer _looks;
    private Policy _policy;

    /// <summary>Begins to count and to look.</summary>
    /// <param name="journal">Tells of calls, and is told of alarms.</param>
    /// <param name="time">The time.</param>
    /// <param name="policyInForce">The policy in force; asked at each look.</param>
    /// <param name="facts">What is at this moment; asked at each look.</param>
    /// <param name="looksEvery">How often the rules are looked at; null for <see cref="LooksEvery"/>.</param>
    public AlarmBook(Journal journal, TimeProvider time, Func<Policy> policyInForce, Func<LiveFacts> facts, TimeSpan? looksEvery = null)
    {
        _every = looksEvery ?? LooksEvery;
        _journal = journal;
        _time = time;
        _policyInForce = policyInForce;
        _facts = facts;
        _policy = policyInForce();
        _counts = new(time);
        _counts.Apply(_policy);
        _providers = new(_counts);
        journal.CallEnded += _counts.Hear;
        journal.ProbeEnded += _counts.Hear;
        _looks = time.CreateTimer(_ => LookAndGoOn(), null, _every, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Told of each alarm that fires, is acknowledged or is over, in that order, on whatever thread looked.</summary>
    public event Action<Alarm>? Changed;

    /// <summary>What fires or is acknowledged, the worst and then the oldest first.</summary>
    public IReadOnlyList<Alarm> Active
    {
        get
        {
            lock (_lock) return [.. _watches.Values.Select(watch => watch.Current).OfType<Alarm>().OrderByDescending(alarm => alarm.Severity).ThenBy(alarm => alarm.FiredAt).ThenBy(alarm => alarm.Rule)];
        }
    }

    /// <summary>The last alarms that are over, the newest first.</summary>
    public IReadOnlyList<Alarm> Over
    {
        get
        {
            lock (_lock) return [.. _over.Reverse()];
        }
    }

    /// <summary>How many subjects are watched.</summary>
    internal int Watched
    {
        get
        {
            lock (_lock) return _watches.Count;
        }
    }

    /// <summary>Somebody sees to an alarm: it is not told again.</summary>
    /// <returns>The alarm; null where none of that id fires.</returns>
    public Alarm? Acknowledge(string id, string by, string why)
    {
        Alarm? taken;
        lock (_lock) taken = _watches.Values.FirstOrDefault(watch => watch.Current?.Id == id)?.Acknowledge(by, why, _time.GetUtcNow());
        if (taken is not null) Tell(taken);
        return taken;
    }

    /// <summary>What fired before a restart fires on, whoever has it in hand, until it is over. Nobody is told.</summary>
    public void Recall(IEnumerable<Alarm> active)
    {
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            foreach (var alarm in active.Where(alarm => alarm.State != AlarmState.Resolved)) _watches[(alarm.Rule, alarm.Subject)] = new(alarm, now);
        }
    }

    /// <summary>Looks at every rule now.</summary>
    public void Look()
    {
        var facts = _facts();
        List<Alarm> changed;
        lock (_lock)
        {
            var policy = _policyInForce();
            if (!ReferenceEquals(policy, _policy)) _counts.Apply(_policy = policy);
            changed = Look_NeedsLock(facts, _time.GetUtcNow());
        }

        foreach (var alarm in changed) Tell(alarm);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _looks.Dispose();
        _journal.CallEnded -= _counts.Hear;
        _journal.ProbeEnded -= _counts.Hear;
    }

    private void LookAndGoOn()
    {
        try
        {
            Look();
        }
        catch (Exception bug) // on a timer's thread it would end the process, and calls are worth more than alarms
        {
            _journal.Tell(new(_time.GetUtcNow(), "bug", "alarms", $"a bug of the gateway's own kept it from looking at its alarms: {bug.GetType().Name}"));
        }

        _looks.Change(_every, Timeout.InfiniteTimeSpan);
    }

    private List<Alarm> Look_NeedsLock(LiveFacts facts, DateTimeOffset now)
    {
        var changed = new List<Alarm>();
        var seen = new HashSet<(AlarmRule, string)>();
        foreach (var rule in AlarmWords.Rules)
        {
            var model = _policy.Alarms.Rule(rule);
            if (!model.Enabled) continue;
            foreach (var reading in Read(rule, model, facts, now))
            {
                var key = (rule, reading.Subject);
                if (!seen.Add(key)) continue;
                if (!_watches.TryGetValue(key, out var watch)) _watches.Add(key, watch = new(rule, reading.Subject));
                if (watch.Take(reading, model, now) is { } news) changed.Add(news);
            }
        }

        foreach (var (key, watch) in _watches.Where(pair => !seen.Contains(pair.Key)).ToList())
        {
            if (watch.IsAwaited(now) && _policy.Alarms.Rule(key.Rule).Enabled) continue;
            _watches.Remove(key);
            if (watch.Drop(now) is { } dropped) changed.Add(dropped);
        }

        foreach (var over in changed.Where(alarm => alarm.State == AlarmState.Resolved))
        {
            if (_over.Count == Kept) _over.Dequeue();
            _over.Enqueue(over);
        }

        return changed;
    }

    private IEnumerable<Reading> Read(AlarmRule rule, AlarmRuleModel model, LiveFacts facts, DateTimeOffset now) => rule switch
    {
        AlarmRule.ErrorRate => [CallRules.ErrorRate(_counts, model)],
        AlarmRule.ProviderUnavailable => ProviderRules.Unavailable(facts),
        AlarmRule.BurnFast or AlarmRule.BurnSlow => CallRules.Burn(rule, _counts, model, _policy),
        AlarmRule.FallbackShare => CallRules.Fallbacks(_counts, model),
        AlarmRule.SpendRate => HouseRules.Spend(_counts, model, facts),
        AlarmRule.QuotaLow => _providers.Quotas(model, facts),
        AlarmRule.StallRate => _providers.Stalls(model),
        AlarmRule.BreakerFlapping => _providers.Flapping(model, facts, now),
        AlarmRule.KeyRefused => _providers.KeyRefused(model),
        AlarmRule.StoreLost => [HouseRules.Store(facts)],
        AlarmRule.DeferredAge => [HouseRules.Deferred(model, facts)],
        AlarmRule.DrillFailed => HouseRules.Drills(_policy.Drills, facts),
        AlarmRule.ReceiverDead => HouseRules.Receivers(_policy.Alarms, facts),
    };

    private void Tell(Alarm alarm)
    {
        var what = $"{AlarmWords.Of(alarm.Severity)} {AlarmWords.Of(alarm.Rule)}";
        _journal.Tell(new(_time.GetUtcNow(), "alarm", alarm.Id, alarm.State switch
        {
            AlarmState.Firing => $"{what}: {alarm.Text}",
            AlarmState.Acknowledged => $"{what} was acknowledged by {alarm.AcknowledgedBy}: {alarm.AcknowledgedWhy}",
            AlarmState.Resolved => $"{what} is over after {Say.Span(alarm.ResolvedAt!.Value - alarm.FiredAt)}: {alarm.Text}",
        }));
        Changed?.Invoke(alarm);
    }
}
