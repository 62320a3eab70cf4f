using Understudy.Alarms;
using Understudy.Observation;
using Understudy.Pipeline;
using Understudy.Storage.Sqlite;

namespace Understudy.Hosting.Receivers;

/// <summary>The alarms of an engine, and those who are told of them.</summary>
internal sealed class EngineAlarms : IAsyncDisposable
{
    private readonly AlarmDispatch _dispatch;
    private readonly ReceiverDesk _desk;

    /// <summary>Begins to watch.</summary>
    public EngineAlarms(Engine engine, SqliteStore? store, TargetNews news, TargetLabels labels)
    {
        var facts = new AlarmFacts(engine, news, labels);
        _desk = new(engine.Time, () => engine.Model.Policy.Alarms);
        Book = new(engine.Journal, engine.Time, () => engine.Model.Policy, () => facts.Read() with
        {
            StoreTrouble = store?.Health.Trouble,
            OldestDeferred = engine.Deferral.OldestWaiting is { } oldest ? engine.Time.GetUtcNow() - oldest : null,
            DeadReceivers = _desk.Dead,
        });
        _dispatch = new(Book, engine.Time, () => engine.Model.Policy.Alarms);
        _dispatch.Due += _desk.Take;
        _desk.HealthChanged += Book.Look;
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
        await _desk.DisposeAsync().ConfigureAwait(false);
    }
}
