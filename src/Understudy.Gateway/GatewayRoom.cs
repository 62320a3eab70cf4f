using Understudy.Alarms;
using Understudy.ControlRoom;
using Understudy.ControlRoom.Feed;
using Understudy.ControlRoom.Hosting;
using Understudy.Gateway.Operators;
using Understudy.Gateway.Telemetry;
using Understudy.Observation;
using Understudy.Pipeline;

namespace Understudy.Gateway;

/// <summary>The control room of a gateway: what it looks at, its pages, and the door to it.</summary>
internal sealed class GatewayRoom : IAsyncDisposable
{
    private readonly RoomFeed _feed;

    /// <summary>Opens it.</summary>
    public GatewayRoom(Engine engine, GatewayState state, GatewayTelemetry telemetry, AlarmBook alarms, TargetLabels labels)
    {
        Door = new(engine);
        _feed = new(engine.Journal, engine.Time);
        var sources = new RoomSources
        {
            Engine = engine,
            Feed = _feed,
            Providers = telemetry.Providers,
            Labels = labels,
            Draining = () => state.Draining,
            UnderWay = () => state.InFlight,
            Alarms = alarms,
            Past = state.Past,
            Rehearsals = state.Rehearsals,
            StoreTrouble = () => state.Store?.Health.Trouble,
        };
        Host = new(sources, handle => Door.Sessions.IsGood(handle, engine.Model.Policy));
    }

    /// <summary>Who may come in.</summary>
    public OperatorDoor Door { get; }

    /// <summary>The pages.</summary>
    public RoomHost Host { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        _feed.Dispose();
        Door.Dispose();
    }
}
