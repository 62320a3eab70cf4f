using System.Diagnostics.Metrics;
using Understudy.CircuitBreaker;
using Understudy.Deferral;
using Understudy.Configuration;
using Understudy.HumanReview;
using Understudy.Observation;

namespace Understudy.Pipeline;

/// <summary>The numbers of what is, as against what was: read from the live state when somebody looks, and only then.</summary>
/// <remarks>
/// An aggregation keeps the last value of a series for ever. What is gone (a provider that a reload took away) is told
/// as not a number, which readers leave out: an alarm must not go on about a provider that nobody uses any more.
/// </remarks>
public sealed class EngineGauges
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _providers = [];
    private readonly HashSet<TargetLabel> _targets = [];
    private readonly HashSet<string> _inboxes = [];
    private readonly Engine _engine;
    private readonly TargetNews _news;
    private readonly TargetLabels _labels;

    /// <summary>Puts the gauges on the meter of <paramref name="metrics"/>, which owns them.</summary>
    public EngineGauges(Engine engine, TargetNews news, CallMetrics metrics)
    {
        _engine = engine;
        _news = news;
        _labels = metrics.Targets;
        var meter = metrics.Meter;
        meter.CreateObservableGauge("understudy.provider.available", Providers, unit: null, "Whether calls of a provider are let through: 1, or 0 where it is switched off or none of its targets is well.");
        meter.CreateObservableGauge("understudy.breaker.state", Breakers, unit: null, "The breaker of a target: 0 closed, 1 half-open, 2 open.");
        meter.CreateObservableGauge("understudy.deferred", Deferred, unit: null, "Pieces of deferred work that are kept, by where they stand.");
        meter.CreateObservableGauge("understudy.deferred.oldest", OldestDeferred, "s", "How long the oldest piece of deferred work has been waiting; 0 where none waits.");
        meter.CreateObservableGauge("understudy.inbox.waiting", () => Inboxes(static waiting => waiting.Count()), unit: null, "Calls that wait for a person in an inbox.");
        meter.CreateObservableGauge("understudy.inbox.oldest", () => Inboxes(Oldest), unit: "s", "How long the oldest call in an inbox has waited; 0 where none waits.");
        meter.CreateObservableGauge("understudy.build_info", () => new Measurement<int>(1, Tag("version", meter.Version ?? "")), unit: null, "1, with the version as its label.");
    }

    private List<Measurement<double>> Providers()
    {
        var now = ProviderHealth.Of(_engine, _news, _labels).ToDictionary(provider => provider.Name, provider => provider.Available ? 1.0 : 0.0);
        return Told(_providers, now, name => [Tag("provider", name)]);
    }

    private List<Measurement<double>> Breakers()
    {
        var inUse = _engine.Model.Policy.Providers.Select(provider => provider.Name).ToHashSet();
        var now = new Dictionary<TargetLabel, double>();
        foreach (var state in _engine.Targets.All)
        {
            var label = _labels.Of(state.Target.Provider.Name, state.Target.Name);
            // Of names that nobody has taken yet there is only something to tell while one of them is sick.
            if (!inUse.Contains(label.Provider) || (label.Model == TargetLabels.Other && state.Breaker.State == BreakerState.Closed)) continue;
            // Targets that share a label are one series: the worst of them.
            now[label] = Math.Max((int)state.Breaker.State, now.GetValueOrDefault(label));
        }

        return Told(_targets, now, label => [Tag("provider", label.Provider), Tag("model", label.Model)]);
    }

    private IEnumerable<Measurement<long>> Deferred() =>
        DeferredStates.All.Select(state => new Measurement<long>(_engine.Deferral.Tally.Count(state), Tag("state", state.Word())));

    private Measurement<double> OldestDeferred() =>
        new(_engine.Deferral.OldestWaiting is { } oldest ? Math.Max((_engine.Time.GetUtcNow() - oldest).TotalSeconds, 0) : 0);

    private List<Measurement<double>> Inboxes(Func<IEnumerable<WaitingQuestion>, double> number)
    {
        var waiting = _engine.Inboxes.Waiting.ToLookup(question => question.Inbox);
        var named = _engine.Model.Policy.Routes.SelectMany(route => route.Ladder).OfType<HumanRung>().Select(rung => rung.Inbox);
        var now = named.Concat(waiting.Select(inbox => inbox.Key)).Distinct().ToDictionary(inbox => inbox, inbox => number(waiting[inbox]));
        return Told(_inboxes, now, inbox => [Tag("inbox", inbox)]);
    }

    private double Oldest(IEnumerable<WaitingQuestion> waiting) =>
        waiting.FirstOrDefault() is { } oldest ? (_engine.Time.GetUtcNow() - oldest.Since).TotalSeconds : 0;

    private List<Measurement<double>> Told<TSubject>(HashSet<TSubject> told, Dictionary<TSubject, double> now, Func<TSubject, KeyValuePair<string, object?>[]> tags)
        where TSubject : notnull
    {
        lock (_lock)
        {
            told.UnionWith(now.Keys);
            return [.. told.Select(subject => new Measurement<double>(now.TryGetValue(subject, out var value) ? value : double.NaN, tags(subject)))];
        }
    }

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
