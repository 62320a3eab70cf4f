using Understudy.Alarms;
using Understudy.CircuitBreaker;
using Understudy.Configuration;
using Understudy.Observation;
using Understudy.Spending;

namespace Understudy.Pipeline;

/// <summary>Reads from the engine's live state what the rules of alarms look at.</summary>
/// <param name="engine">The engine.</param>
/// <param name="news">What was last heard of each target.</param>
/// <param name="labels">Which targets are more than a name that a client made up.</param>
public sealed class AlarmFacts(Engine engine, TargetNews news, TargetLabels labels)
{
    /// <summary>What is at this moment, but for what a host knows alone: its store, its queues, its receivers.</summary>
    public LiveFacts Read()
    {
        var policy = engine.Model.Policy;
        return new()
        {
            Providers = [.. ProviderHealth.Of(engine, news, labels).Select(provider => new ProviderFact(provider.Name, provider.Available || IsSwitchedOff(policy, provider), provider.Why))],
            Targets =
            [
                .. engine.Targets.All.Where(state => labels.Knows(state.Target.Name) && policy.Providers.Any(provider => provider.Name == state.Target.Provider.Name))
                    .Select(state => new TargetFact(state.Target.Name, state.Target.Provider.Name, state.Breaker.State == BreakerState.Open, state.Quota.LeastLeft)),
            ],
            Spends = [.. Spends(policy)],
        };
    }

    private bool IsSwitchedOff(Policy policy, ProviderHealth provider) =>
        engine.IsKilled(policy, provider.Name, provider.Name) || (provider.Targets.Count > 0 && provider.Targets.All(target => target.Killed));

    private IEnumerable<SpendFact> Spends(Policy policy)
    {
        var now = engine.Time.GetUtcNow();
        foreach (var (kind, name, budget) in SetBudgets.Of(policy))
        {
            // A minute is over before anybody could look.
            foreach (var window in SpendWindows.All.Where(window => window != SpendWindow.Minute))
            {
                if (budget.Of(window) is not { } cap) continue;
                var totals = engine.Ledger.TotalsOf(kind, name, window);
                var length = SpendWindows.StartOf(window, SpendWindows.IndexOf(window, totals.From) + 1) - totals.From;
                yield return new($"{kind.Word()} {name}", window, cap, totals.Spent + totals.Reserved, Math.Clamp((now - totals.From) / length, 0, 1));
            }
        }
    }
}
