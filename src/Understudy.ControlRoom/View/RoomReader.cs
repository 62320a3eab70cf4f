using Understudy.Configuration;
using Understudy.ControlRoom.Feed;
using Understudy.Overrides;
using Understudy.Spending;

namespace Understudy.ControlRoom.View;

/// <summary>Makes the view of this moment. Runs a few times a second while somebody looks, and never on a call's thread.</summary>
/// <param name="sources">What is looked at.</param>
internal sealed class RoomReader(RoomSources sources)
{
    private readonly LadderReader _ladders = new(sources);
    private readonly ProviderReader _providers = new(sources);

    /// <summary>The room now.</summary>
    public RoomView Read()
    {
        var engine = sources.Engine;
        var policy = engine.Model.Policy;
        var now = engine.Time.GetUtcNow();
        var recent = new Recent(sources.Feed, now);
        var orders = Orders(policy);
        var providers = _providers.Read(policy, recent, orders);
        var routes = _ladders.Read(policy, providers);
        return new()
        {
            Now = now,
            Headline = HeadlineReader.Read(sources, recent, routes, providers, now),
            Pace = PaceOf(recent),
            Cost = CostOf(policy),
            Routes = routes,
            Providers = providers,
            Orders = orders,
            Alarms = sources.Alarms?.Invoke(),
            StoreTrouble = sources.StoreTrouble(),
            AsksPeople = policy.Routes.SelectMany(route => route.Ladder).OfType<HumanRung>().Any(),
            Policy = policy.Source,
        };
    }

    private Pace PaceOf(Recent recent)
    {
        var minute = recent.LastMinute;
        return new(
            recent.LastSeconds.Ended / (double)RouteSums.Seconds,
            sources.UnderWay(),
            minute.Answered + minute.Failed == 0 ? null : minute.Answered / (double)(minute.Answered + minute.Failed),
            minute.Firsts == 0 ? null : minute.FirstContent / minute.Firsts,
            minute.Rescued,
            minute.Failed,
            minute.Deferred);
    }

    private CostView CostOf(Policy policy)
    {
        Usd hour = default, day = default, month = default, wasted = default;
        long unpriced = 0;
        foreach (var provider in policy.Providers)
        {
            var today = Totals(provider.Name, SpendWindow.Day);
            hour += Totals(provider.Name, SpendWindow.Hour).Spent;
            day += today.Spent;
            wasted += today.Wasted;
            unpriced += today.Unpriced;
            month += Totals(provider.Name, SpendWindow.Month).Spent;
        }

        return new(hour.Dollars, day.Dollars, month.Dollars, wasted.Dollars, unpriced > 0);
    }

    private AccountTotals Totals(string provider, SpendWindow window) => sources.Engine.Ledger.TotalsOf(AccountKind.Provider, provider, window);

    private List<OrderView> Orders(Policy policy) =>
    [
        .. policy.Kill.Names.Select(name => new OrderView(name, "killed", "the policy", null, null, null, CanRevive: false)),
        .. sources.Engine.Overrides.InForce.Select(order => new OrderView(
            order.What,
            order.Kind switch { OverrideKind.Kill => "killed", OverrideKind.Drain => "drained" },
            order.Who,
            order.Why,
            order.At,
            order.Until,
            CanRevive: true)),
    ];
}
