using Understudy.Chaos;
using Understudy.CircuitBreaker;
using Understudy.Configuration;
using Understudy.ControlRoom.Feed;
using Understudy.Pipeline;
using Understudy.Spending;

namespace Understudy.ControlRoom.View;

/// <summary>Reads how the providers are.</summary>
internal sealed class ProviderReader(RoomSources sources)
{
    /// <summary>All of the policy, in its order.</summary>
    public List<ProviderView> Read(Policy policy, Recent recent, IReadOnlyList<OrderView> orders) =>
        [.. sources.Providers().Select(health => Read(policy, health, recent, orders))];

    private ProviderView Read(Policy policy, ProviderHealth health, Recent recent, IReadOnlyList<OrderView> orders)
    {
        var lane = sources.Feed.LaneOf(health.Name);
        var minute = recent.LastMinute.Lane(lane);
        var order = orders.FirstOrDefault(one => new KillSwitch([one.What]).Covers(health.Name, health.Name));
        var back = health.Targets.Where(target => target.Breaker == BreakerState.HalfOpen).ToList();
        var (tone, says) = Condition(health, order, back);
        return new()
        {
            Name = health.Name,
            Lane = LaneStyle.Of(policy, health.Name),
            Tone = tone,
            Says = says,
            Why = tone is Tone.Ordered ? order?.Why : health.Why ?? back.FirstOrDefault()?.Why,
            Since = order?.At ?? (health.Targets.Count == 0 ? null : back.FirstOrDefault()?.Since ?? health.Since),
            Share = health.Available ? back.FirstOrDefault()?.Share : null,
            PerSecond = recent.LastSeconds.Lane(lane).Served / (double)RouteSums.Seconds,
            UnderWay = sources.Engine.AttemptsUnderWay(health.Name),
            Failed = minute.Failed,
            FirstWord = minute.Firsts == 0 ? null : minute.FirstContent / minute.Firsts,
            Today = sources.Engine.Ledger.TotalsOf(AccountKind.Provider, health.Name, SpendWindow.Day).Spent.Dollars,
            Cap = policy.ProviderBudgets.TryGetValue(health.Name, out var budget) ? budget.PerDay?.Dollars : null,
            QuotaLeft = QuotaLeft(health.Name),
            Spark = recent.Spark(lane),
            Targets = [.. health.Targets.Select(Target)],
            Order = order,
            AllowsChaos = ChaosRoom.RoutesOf(policy, health.Name).Any() && ChaosRoom.Unmarked(policy, health.Name).Count == 0,
        };
    }

    private static (Tone Tone, string Says) Condition(ProviderHealth health, OrderView? order, List<TargetHealth> back)
    {
        if (order is not null) return (Tone.Ordered, order.Participle);
        if (!health.Available) return health.Targets.Any(target => target.Killed) ? (Tone.Ordered, "killed") : (Tone.Sick, "out");
        if (health.Targets.Count == 0) return (Tone.Plain, "not called yet");
        if (back.Count > 0) return (Tone.Strained, "coming back");
        return health.Targets.All(target => target.Available) ? (Tone.Well, "well") : (Tone.Strained, "well in part");
    }

    private static TargetView Target(TargetHealth target)
    {
        var model = target.Name[(target.Name.IndexOf('/', StringComparison.Ordinal) + 1)..];
        if (target.Killed) return new(model, target.Breaker, Tone.Ordered, "switched off");
        return target.Breaker switch
        {
            BreakerState.Closed => new(model, target.Breaker, Tone.Well, "closed"),
            BreakerState.HalfOpen => new(model, target.Breaker, Tone.Strained, $"half-open, {Show.Share(target.Share ?? 0)} of calls"),
            BreakerState.Open when target.IsAiling => new(model, target.Breaker, Tone.Sick, "ailing"),
            BreakerState.Open => new(model, target.Breaker, Tone.Sick, "open"),
        };
    }

    private double? QuotaLeft(string provider) => sources.Engine.Targets.All
        .Where(state => state.Target.Provider.Name == provider).Select(state => state.Quota.LeastLeft).Where(left => left is not null).DefaultIfEmpty(null).Min();
}
