using System.Security.Cryptography;
using Understudy.Alarms;
using Understudy.Configuration;
using Understudy.Hosting.Deferred;
using Understudy.Hosting.Receivers;
using Understudy.Hosting.Telemetry;
using Understudy.Observation;
using Understudy.Observation.Past;
using Understudy.Pipeline;
using Understudy.Rehearsals;
using Understudy.Storage.Sqlite;
using Understudy.Transport;

namespace Understudy.Hosting;

/// <summary>
/// An engine and what runs beside it, whoever hosts it: the store, the work for later, the alarms, the numbers. The gateway
/// and a .NET application have the same one (decision 0023); only how calls come in and go out is theirs.
/// </summary>
public sealed class EngineHost : IAsyncDisposable
{
    private readonly IAsyncDisposable? _transport;
    private DeferredService? _deferred;
    private bool _stopped;

    private EngineHost(Engine engine, SqliteStore? store, IAsyncDisposable? transport, Rehearse? rehearse)
    {
        _transport = transport;
        Engine = engine;
        Store = store;
        Metrics = new(engine.Journal);
        News = new(engine.Journal, engine.Time);
        _ = new EngineGauges(engine, News, Metrics);
        if (store is not null) Past = new(engine.Journal, engine.Time, store.Calls, () => engine.Model.Policy.Records, SafeNames.AskedModel);
        if (rehearse is not null) Rehearsals = new(engine.Time, engine.Journal, () => engine.Model.Policy.Drills, rehearse, store, store?.Rehearsals);
        Alarms = new(engine, store, Rehearsals, News, Metrics.Targets);
    }

    /// <summary>The engine.</summary>
    public Engine Engine { get; }

    /// <summary>Where state outlives the process; null for memory only.</summary>
    public SqliteStore? Store { get; }

    /// <summary>Records of calls that have ended; null where there is no store.</summary>
    public CallArchive? Past { get; }

    /// <summary>Drills by a schedule; null where nobody can run them.</summary>
    public RehearsalRoom? Rehearsals { get; }

    /// <summary>The numbers of its calls, on a meter of the name <see cref="CallMetrics.MeterName"/>.</summary>
    public CallMetrics Metrics { get; }

    /// <summary>What was last heard of each target.</summary>
    public TargetNews News { get; }

    /// <summary>What fires.</summary>
    public AlarmBook Firing => Alarms.Book;

    internal EngineAlarms Alarms { get; }

    /// <summary>Opens the store and makes the engine. Nothing runs yet that would have to be called back: that begins with <see cref="Begin"/>.</summary>
    /// <exception cref="Storage.StoreException">The store cannot be used; the message says why.</exception>
    public static EngineHost Open(Policy policy, EngineHostOptions? options = null)
    {
        options ??= new();
        var transport = options.Transport ?? new HttpTransport(options.Time);
        var engine = new Engine(policy, transport, options.Time, options.Chance ?? new(SeedFromSystem()), options.Journal ?? new());
        return new(engine, Stores.Open(policy, engine), transport as IAsyncDisposable, options.Rehearse);
    }

    /// <summary>Begins with the work for later: once calls can come in.</summary>
    public void Begin() => _deferred ??= new(Engine);

    /// <summary>How the providers are.</summary>
    public IReadOnlyList<ProviderHealth> Providers() => ProviderHealth.Of(Engine, News, Metrics.Targets);

    /// <summary>
    /// Ends what would hold up a stop: no retry gets in any more, work for later is put back and goes on after the next
    /// start, and nobody waits for a person. Calls under way go on.
    /// </summary>
    public async ValueTask CloseAsync()
    {
        Engine.Flights.Close();
        if (_deferred is not null) await _deferred.DisposeAsync().ConfigureAwait(false);
        Engine.Inboxes.Close();
    }

    /// <summary>Ends everything but the numbers, which a host may want to send once more before <see cref="DisposeAsync"/>.</summary>
    public async ValueTask StopAsync()
    {
        if (_stopped) return;
        _stopped = true;
        await CloseAsync().ConfigureAwait(false);
        await Alarms.DisposeAsync().ConfigureAwait(false);
        await Engine.DisposeAsync().ConfigureAwait(false); // before its transport: probes may be under way
        Engine.Overrides.Dispose();
        Engine.Chaos.Dispose();
        Engine.Pins.Dispose();
        if (Rehearsals is not null) await Rehearsals.DisposeAsync().ConfigureAwait(false);
        await Engine.Captures.DisposeAsync().ConfigureAwait(false);
        if (Past is not null) await Past.DisposeAsync().ConfigureAwait(false);
        await Engine.SpendKeeper.DisposeAsync().ConfigureAwait(false); // it writes once more
        if (Store is not null) await Store.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        Metrics.Dispose();
        if (_transport is not null) await _transport.DisposeAsync().ConfigureAwait(false);
    }

    private static ulong SeedFromSystem() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
}
