using System.Runtime.ExceptionServices;
using Understudy.Drills.Measuring;
using Understudy.Drills.Providers;
using Understudy.Drills.Strategies;
using Understudy.Drills.Traffic;

namespace Understudy.Drills;

/// <summary>The world that one strategy meets: its own time, its own providers, and the books that are kept of it.</summary>
public sealed class DrillWorld
{
    private readonly Dictionary<string, ModelledProvider> _providers = [];

    /// <summary>A world at the beginning of the drill.</summary>
    public DrillWorld(DrillSetup setup)
    {
        Setup = setup;
        Recorder = new(setup, Time);
        foreach (var provider in setup.Policy.Providers)
        {
            var name = provider.Name;
            var sick = setup.Sick.Contains(name);
            var modelled = new ModelledProvider(name, provider.Protocol, Time, (model, inputTokens) => setup.Price(name, model, inputTokens), sick ? setup.Scenario : null, setup.Before)
            {
                Quota = new(Time, setup.QuotaPerMinute),
                NormalPerSecond = setup.Rate / setup.Asked.Count,
            };
            Recorder.Watch(modelled, sick);
            _providers.Add(name, modelled);
        }
    }

    /// <summary>What is the same for every strategy.</summary>
    public DrillSetup Setup { get; }

    /// <summary>The time.</summary>
    public VirtualTime Time { get; } = new();

    /// <summary>The providers, by name.</summary>
    public IReadOnlyDictionary<string, ModelledProvider> Providers => _providers;

    /// <summary>What is counted.</summary>
    public Recorder Recorder { get; }

    /// <summary>Lets a strategy live through the drill.</summary>
    public void Run(Strategy strategy)
    {
        using var calls = Setup.Traffic.Calls().GetEnumerator();
        if (calls.MoveNext())
        {
            ITimer? arrival = null;
            arrival = Time.CreateTimer(_ => Arrive(), null, calls.Current.At, Timeout.InfiniteTimeSpan);

            void Arrive()
            {
                var call = new DrillCall(calls.Current, Setup.Seed);
                if (calls.MoveNext()) arrival!.Change(calls.Current.At - Time.Elapsed, Timeout.InfiniteTimeSpan);
                Recorder.Begin(call);
                strategy.Begin(call);
            }
        }

        Time.Advance(Setup.Length + DrillSetup.Drain);
        if (strategy.Bug is { } bug) ExceptionDispatchInfo.Throw(bug);
        strategy.Close();
        Recorder.Close();
    }
}
