using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Understudy.Alarms;
using Understudy.Caching;
using Understudy.Capture;
using Understudy.Chaos;
using Understudy.Deferral;
using Understudy.Observation.Past;
using Understudy.Overrides;
using Understudy.Rehearsals;
using Understudy.Spending;

namespace Understudy.Storage.Sqlite;

/// <summary>
/// The store of one gateway: a SQLite file in WAL mode, held for as long as the gateway runs. What calls need is read at
/// the start; from then on it is only written, by one thread. Deferred work, for which nobody's call waits, is read there too.
/// </summary>
public sealed class SqliteStore : IOverrideStore, IPinStore, ICacheStore, ISpendStore, IAlarmStore, IChaosStore, IRehearsalStore, IAsyncDisposable
{
    private const string AlarmsName = "alarms", ChaosName = "chaos", DrillsName = "drills", DrillPrefix = "drill:";

    private readonly SqliteConnection _connection;
    private readonly StoreWriter _writer;
    private readonly CacheRows _cache;

    private SqliteStore(string path, SqliteConnection connection, StoreOptions options)
    {
        Path = path;
        _connection = connection;
        Overrides = OverrideRows.InForce(connection);
        Pins = PinRows.InForce(connection);
        Spent = SpendRows.Load(connection, options.Time.GetUtcNow());
        Actions = OverrideRows.LastActions(connection);
        Alarms = WatchRows.Load(connection, AlarmsName, WatchJson.Default.AlarmMemory);
        Experiments = WatchRows.Load(connection, ChaosName, WatchJson.Default.IReadOnlyListChaosReport) ?? [];
        Rehearsals = WatchRows.Load(connection, DrillsName, WatchJson.Default.IReadOnlyListRehearsal) ?? [];
        _cache = new(new(options.CacheKey));
        CachedAnswers = _cache.Load(connection, options.CacheBytes, options.Time.GetUtcNow() - options.CacheOldest, out var unreadable);
        UnreadableAnswers = unreadable;
        _writer = new(connection, options);
        Deferral = new SqliteDeferralStore(connection, _writer, options.CacheKey);
        Captures = new SqliteCaptureStore(_writer, options.CacheKey);
        Calls = new SqliteCallStore(connection, _writer);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Work that was accepted for later. Not read at the start but for its numbers: there may be a million pieces.</summary>
    public IDeferralStore Deferral { get; }

    /// <summary>Records of calls that have ended.</summary>
    public ICallStore Calls { get; }

    /// <summary>Calls that were captured with what was said in them.</summary>
    public ICaptureStore Captures { get; }

    /// <summary>How the store is.</summary>
    public StoreHealth Health => _writer.Health;

    /// <summary>The orders that were in force when it was last written.</summary>
    public IReadOnlyList<Override> Overrides { get; }

    /// <summary>The pins that were in force when it was last written.</summary>
    public IReadOnlyList<Pin> Pins { get; }

    /// <summary>What alarms remembered when it was last written; null for nothing.</summary>
    public AlarmMemory? Alarms { get; }

    /// <summary>Experiments that were scheduled or over when it was last written.</summary>
    public IReadOnlyList<ChaosReport> Experiments { get; }

    /// <summary>Drills that it held, the oldest first.</summary>
    public IReadOnlyList<Rehearsal> Rehearsals { get; }

    /// <summary>What accounts had spent in their windows when it was last written.</summary>
    public IReadOnlyList<AccountTotals> Spent { get; }

    /// <summary>The last actions of operators, oldest first.</summary>
    public IReadOnlyList<OverrideAction> Actions { get; }

    /// <summary>The cached answers that it held, the oldest first.</summary>
    public IReadOnlyList<CacheEntry> CachedAnswers { get; }

    /// <summary>How many cached answers were dropped because they are sealed under another key, or under none.</summary>
    public int UnreadableAnswers { get; }

    /// <summary>Opens a file, or makes it, and brings it up to date.</summary>
    /// <exception cref="StoreException">It can't be opened, is locked, damaged, another program's or a newer version's.</exception>
    public static SqliteStore Open(string path, StoreOptions options)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            // Microsoft.Data.Sqlite waits this long for another's lock, in whole seconds.
            DefaultTimeout = (int)Math.Ceiling(options.LockPatience.TotalSeconds),
        }.ToString());
        try
        {
            Create(path);
            connection.Open();
            Prepare(connection, options);
            Schema.Migrate(connection, path);
            return new(path, connection, options);
        }
        catch (SqliteException failure)
        {
            connection.Dispose();
            throw new StoreException($"The store '{path}' can't be used: {SqliteTrouble.Words(failure)}. {SqliteTrouble.Remedy(failure)}", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            connection.Dispose();
            throw new StoreException($"The store '{path}' can't be made: its folder is missing, is read-only, or this user has no right to it.", failure);
        }
        catch (StoreException)
        {
            connection.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<bool> SaveAsync(IReadOnlyList<Override> inForce, OverrideAction action) =>
        _writer.KeepAsync(connection => OverrideRows.Save(connection, inForce, action));

    /// <inheritdoc/>
    public Task<bool> SavePinsAsync(IReadOnlyList<Pin> inForce, OverrideAction action) =>
        _writer.KeepAsync(connection => PinRows.Save(connection, inForce, action));

    /// <inheritdoc/>
    public void Save(AlarmMemory memory)
    {
        var body = JsonSerializer.Serialize(memory, WatchJson.Default.AlarmMemory);
        _ = _writer.KeepAsync(connection => WatchRows.Save(connection, AlarmsName, body));
    }

    /// <inheritdoc/>
    public void Save(IReadOnlyList<ChaosReport> experiments)
    {
        var body = JsonSerializer.Serialize(experiments, WatchJson.Default.IReadOnlyListChaosReport);
        _ = _writer.KeepAsync(connection => WatchRows.Save(connection, ChaosName, body));
    }

    /// <inheritdoc/>
    public void Save(IReadOnlyList<Rehearsal> all, Rehearsal newest, string? report)
    {
        var body = JsonSerializer.Serialize(all, WatchJson.Default.IReadOnlyListRehearsal);
        var kept = all.Select(one => DrillPrefix + one.Id).ToHashSet(StringComparer.Ordinal);
        _writer.Post(connection =>
        {
            WatchRows.Save(connection, DrillsName, body);
            if (report is not null) WatchRows.Save(connection, DrillPrefix + newest.Id, report);
            WatchRows.Forget(connection, DrillPrefix, kept);
        });
    }

    /// <inheritdoc/>
    public async Task<string?> ReportAsync(string id) => (await _writer.AskAsync(connection => WatchRows.Find(connection, DrillPrefix + id)).ConfigureAwait(false)).Value;

    /// <inheritdoc/>
    public async Task<bool> SaveSpendingAsync(IReadOnlyList<AccountTotals> totals) => (await _writer.TryAsync(connection =>
    {
        SpendRows.Save(connection, totals);
        return true;
    }).ConfigureAwait(false)).IsWell;

    /// <inheritdoc/>
    public void Keep(CacheEntry entry) => _writer.Post(connection => _cache.Keep(connection, entry));

    /// <inheritdoc/>
    public void Forget(IReadOnlyList<CacheKey> keys) => _writer.Post(connection => _cache.Forget(connection, keys));

    /// <inheritdoc/>
    public async Task<bool> PurgeAsync(string? client, DateTimeOffset? before) =>
        await _writer.KeepAsync(connection => CacheRows.Purge(connection, client, before)).ConfigureAwait(false) && await _writer.WipeLogAsync().ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Another quota, on the writer's own thread; for tests of a full disk.</summary>
    internal void SetQuota(int pages) => _writer.Between(connection => Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {pages}")));

    /// <summary>Makes the file for this user alone: it may hold answers. SQLite gives its companions the same rights.</summary>
    private static void Create(string path)
    {
        if (File.Exists(path)) return;
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var made = new FileStream(path, options);
    }

    private static void Prepare(SqliteConnection connection, StoreOptions options)
    {
        // Exclusive: two gateways on one file would each believe its own orders. Full: what was told as kept is on disk.
        Execute(connection, "PRAGMA locking_mode = EXCLUSIVE");
        Execute(connection, "PRAGMA journal_mode = WAL");
        Execute(connection, "PRAGMA synchronous = FULL");
        Execute(connection, "PRAGMA secure_delete = ON"); // what is purged is overwritten
        if (options.MostPages > 0) Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {options.MostPages}"));
        // The lock is taken with the first transaction: now, and not in the middle of the first order.
        Execute(connection, "BEGIN IMMEDIATE");
        Execute(connection, "COMMIT");
        if (Execute(connection, "PRAGMA quick_check(1)") is not "ok") throw new SqliteException("damaged", 11);
    }

    private static object? Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // constants of this file, and a number
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }
}
