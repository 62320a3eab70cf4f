using Understudy.Alarms;
using Understudy.Observation;
using Understudy.Pipeline;
using Understudy.Rehearsals;
using Understudy.Storage.Sqlite;

namespace Understudy.Hosting.Receivers;

/// <summary>The alarms of an engine, and those who are told of them.</summary>
internal sealed class EngineAlarms : IAsyncDisposable
{
    private readonly AlarmDispatch _dispatch;
    private readonly ReceiverDesk _desk;

    /// <summary>Begins to watch.</summary>
    public EngineAlarms(Engine engine, SqliteStore? store, RehearsalRoom? drills, TargetNews news, TargetLabels labels)
    {
        var facts = new AlarmFacts(engine, news, labels);
        _desk = new(engine.Time, () => engine.Model.Policy.Alarms);
        Book = new(engine.Journal, engine.Time, () => engine.Model.Policy, () => facts.Read() with
        {
            StoreTrouble = store?.Health.Trouble,
            OldestDeferred = engine.Deferral.OldestWaiting is { } oldest ? engine.Time.GetUtcNow() - oldest : null,
            FailedDrills = drills?.Failing ?? [],
            DeadReceivers = _desk.Dead,
        });
        if (drills is not null) drills.Ended += _ => Book.Look();
        _dispatch = new(Book, engine.Time, () => engine.Model.Policy.Alarms);
        _dispatch.Due += _desk.Take;
        _desk.HealthChanged += Book.Look;
        if (store is null) return;
        if (store.Alarms is { } memory)
        {
            Book.Recall(memory.Active);
            _dispatch.Recall(memory.Told);
        }

        // One at a time, for alarms change on several threads: or an older memory could be written over a newer one.
        var saving = new Lock();
        _dispatch.Changed += () =>
        {
            lock (saving) store.Save(new AlarmMemory(Book.Active, _dispatch.Memory));
        };
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
