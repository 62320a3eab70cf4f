using Understudy.Alarms;
using Understudy.Chaos;
using Understudy.Configuration;
using Understudy.ControlRoom.Feed;
using Understudy.Overrides;
using Understudy.Spending;

namespace Understudy.ControlRoom.View;

/// <summary>Makes the view of this moment. Runs a few times a second while somebody looks, and never on a call's thread.</summary>
/// <param name="sources">What is looked at.</param>
internal sealed class RoomReader(RoomSources sources)
{
    private const int MostOver = 3;

    private static readonly TimeSpan OverFor = TimeSpan.FromMinutes(2);

    private readonly LadderReader _ladders = new(sources);
    private readonly ProviderReader _providers = new(sources);
    private readonly DeferredReader _deferred = new(sources);

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
        var waiting = Waiting(policy, now);
        var deferred = _deferred.Read(policy, now);
        return new()
        {
            Now = now,
            Headline = HeadlineReader.Read(sources, recent, routes, providers, waiting, deferred, now),
            Pace = PaceOf(recent),
            Cost = CostOf(policy),
            Routes = routes,
            Providers = providers,
            Orders = orders,
            Experiments = Experiments(),
            Alarms = Alarms(now),
            StoreTrouble = sources.StoreTrouble(),
            Waiting = waiting,
            Deferred = deferred,
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
        .. sources.Engine.Pins.InForce.Select(pin => new OrderView(pin.Route, $"pinned to {pin.Target}", pin.Who, pin.Why, pin.At, pin.Until, CanRevive: true)),
    ];

    private List<ExperimentView> Experiments() =>
    [
        .. sources.Engine.Chaos.InForce.Select(one => new ExperimentView(
            one.Id, one.Order.What, one.Order.Fault.ToString(), one.Order.Share, one.State == ChaosState.Scheduled, one.Order.From, one.Order.Until, one.Order.Who, one.Touched, one.Moved, one.Hurt)),
    ];

    private List<AlarmView>? Alarms(DateTimeOffset now)
    {
        if (sources.Alarms is not { } book) return null;
        // What is over stays for a while: whoever comes back to the desk wants to know why it rang.
        var over = book.Over.Where(alarm => now - alarm.ResolvedAt < OverFor).OrderByDescending(alarm => alarm.ResolvedAt).Take(MostOver);
        return
        [
            .. book.Active.Concat(over).Select(alarm => new AlarmView(
                alarm.Id, AlarmWords.Of(alarm.Rule).Replace('_', ' '), alarm.Text, alarm.Since, alarm.AcknowledgedBy, alarm.State == AlarmState.Resolved ? alarm.ResolvedAt : null)),
        ];
    }

    private List<QuestionView>? Waiting(Policy policy, DateTimeOffset now)
    {
        var waiting = sources.Engine.Inboxes.Waiting;
        if (waiting.Count == 0 && !policy.Routes.SelectMany(route => route.Ladder).OfType<HumanRung>().Any()) return null;
        return
        [
            .. waiting.Select(question => new QuestionView(
                question.Id, question.Inbox, question.Route, question.Client, question.Since, question.Until, string.Join("; ", question.Why),
                question.Claim is { } claim && claim.Until > now ? claim.Who : null)),
        ];
    }
}
