using Understudy.Configuration;
using Understudy.ControlRoom;
using Understudy.ControlRoom.Feed;
using Understudy.ControlRoom.Hosting;
using Understudy.ControlRoom.View;

using Understudy.Gateway.Operators;
using Understudy.Gateway.Telemetry;
using Understudy.Pipeline;

namespace Understudy.Gateway;

/// <summary>The control room of a gateway: what it looks at, its pages, and the door to it.</summary>
internal sealed class GatewayRoom : IAsyncDisposable
{
    private readonly RoomFeed _feed;

    /// <summary>Opens it.</summary>
    public GatewayRoom(Engine engine, GatewayState state, GatewayTelemetry telemetry)
    {
        Door = new(engine);
        _feed = new(engine.Journal, engine.Time);
        var sources = new RoomSources
        {
            Engine = engine,
            Feed = _feed,
            Providers = telemetry.Providers,
            Draining = () => state.Draining,
            UnderWay = () => state.InFlight,
            StoreTrouble = () => state.Store?.Health.Trouble,
            Inboxes = lookedAfter => Inboxes(engine, lookedAfter),
        };
        Host = new(sources, handle => Door.Sessions.IsGood(handle, engine.Model.Policy));
    }

    /// <summary>Who may come in.</summary>
    public OperatorDoor Door { get; }

    /// <summary>The pages.</summary>
    public RoomHost Host { get; }

    /// <summary>The inboxes that somebody looks after, the empty ones too.</summary>
    private static List<InboxView> Inboxes(Engine engine, IReadOnlyList<string> lookedAfter)
    {
        var waiting = engine.Inboxes.Waiting.ToLookup(question => question.Inbox, StringComparer.Ordinal);
        return [.. engine.Model.Policy.Routes.SelectMany(route => route.Ladder).OfType<HumanRung>().Select(rung => rung.Inbox)
            .Concat(waiting.Select(inbox => inbox.Key)).Distinct(StringComparer.Ordinal)
            .Where(inbox => lookedAfter.Count == 0 || lookedAfter.Contains(inbox)).Order(StringComparer.Ordinal)
            .Select(inbox => new InboxView(inbox, waiting[inbox].Count(), waiting[inbox].FirstOrDefault()?.Since))];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        _feed.Dispose();
        Door.Dispose();
    }
}
