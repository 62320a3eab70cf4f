using Understudy.Alarms;
using Understudy.Gateway.Telemetry;
using Understudy.Pipeline;

namespace Understudy.Gateway.Receivers;

/// <summary>The alarms of a gateway, and those who are told of them.</summary>
internal sealed class GatewayAlarms : IAsyncDisposable
{
    private readonly AlarmDispatch _dispatch;
    private readonly ReceiverDesk _desk;

    /// <summary>Begins to watch.</summary>
    public GatewayAlarms(Engine engine, GatewayState state, GatewayTelemetry telemetry)
    {
        var facts = new AlarmFacts(engine, telemetry.News, telemetry.Labels);
        _desk = new(engine.Time, () => engine.Model.Policy.Alarms);
        Book = new(engine.Journal, engine.Time, () => engine.Model.Policy, () => facts.Read() with
        {
            StoreTrouble = state.Store?.Health.Trouble,
            OldestDeferred = state.OldestDeferred(),
            FailedDrills = state.Rehearsals?.Failing ?? [],
            DeadReceivers = _desk.Dead,
        });
        if (state.Rehearsals is { } drills) drills.Ended += _ => Book.Look();
        _dispatch = new(Book, engine.Time, () => engine.Model.Policy.Alarms);
        _dispatch.Due += _desk.Take;
        _desk.HealthChanged += Book.Look;
        if (state.Store is not { } store) return;
        if (store.Alarms is { } memory)
        {
            Book.Recall(memory.Active);
            _dispatch.Recall(memory.Told);
        }

        _dispatch.Changed += () => store.Save(new AlarmMemory(Book.Active, _dispatch.Memory));
    }

    /// <summary>The alarms.</summary>
    public AlarmBook Book { get; }

    /// <summary>How a receiver is.</summary>
    public ReceiverHealth HealthOf(string receiver) => _desk.HealthOf(receiver);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Book.Dispose();
        _dispatch.Dispose();
        await _desk.DisposeAsync();
    }
}
