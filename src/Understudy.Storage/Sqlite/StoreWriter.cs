using Microsoft.Data.Sqlite;

namespace Understudy.Storage.Sqlite;

/// <summary>
/// The one writer of a SQLite file: a thread of its own, because SQLite blocks, that takes what has gathered in one
/// transaction. Nobody on the way of a call waits for it. In trouble it drops what may be lost, holds what must be kept,
/// and tries again.
/// </summary>
internal sealed class StoreWriter : IAsyncDisposable
{
    private const int MostWaiting = 4096;
    private const int MostInOne = 256;

    private readonly object _lock = new();
    private readonly Queue<Write> _waiting = new();
    private readonly Queue<Write> _questions = new();
    private readonly List<Write> _held = [];
    private readonly SqliteConnection _connection;
    private readonly StoreOptions _options;
    private readonly ITimer _retry;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StoreHealth _health;
    private Action<SqliteConnection>? _between;
    private bool _tryNow;
    private bool _stopping;
    private long _dropped;

    public StoreWriter(SqliteConnection connection, StoreOptions options)
    {
        _connection = connection;
        _options = options;
        _health = new(options.Time.GetUtcNow(), null);
        _retry = options.Time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        new Thread(Run) { IsBackground = true, Name = "store" }.Start();
    }

    /// <summary>How the store is.</summary>
    public StoreHealth Health => Volatile.Read(ref _health);

    /// <summary>Writes that were lost to trouble or to a full queue.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Hands over what may be lost.</summary>
    public void Post(Action<SqliteConnection> write)
    {
        lock (_lock)
        {
            if (_waiting.Count >= MostWaiting || _stopping) Interlocked.Increment(ref _dropped);
            else Enqueue_NeedsLock(new(write, Done: null, Failed: null, IsHeld: false));
        }
    }

    /// <summary>Hands over what must be kept.</summary>
    /// <returns>True when it is on disk; false when there is trouble, and it will be written when that is over.</returns>
    public Task<bool> KeepAsync(Action<SqliteConnection> write) => KeepAsync(connection =>
    {
        write(connection);
        return true;
    }, static _ => { });

    /// <summary>Hands over what must be kept, and whose effect counts only once it is on disk.</summary>
    /// <param name="write">The write. It may be run again, after a try that left nothing behind.</param>
    /// <param name="written">Told on the store's own thread what it gave, when it is on disk.</param>
    /// <returns>True when it is on disk; false when there is trouble, and it will be written when that is over.</returns>
    public Task<bool> KeepAsync<TResult>(Func<SqliteConnection, TResult> write, Action<TResult> written)
    {
        var kept = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        TResult result = default!;
        void Done()
        {
            written(result);
            kept.TrySetResult(true);
        }

        lock (_lock)
        {
            if (_stopping) return Task.FromResult(false);
            Enqueue_NeedsLock(new(connection => result = write(connection), Done, () => kept.TrySetResult(false), IsHeld: true));
        }

        return kept.Task;
    }

    /// <summary>Hands over what happens now or not at all: in trouble nothing of it is left, and it is not tried again.</summary>
    /// <param name="write">The write.</param>
    /// <param name="written">Told on the store's own thread what it gave, when it is on disk.</param>
    public Task<Told<TResult>> TryAsync<TResult>(Func<SqliteConnection, TResult> write, Action<TResult>? written = null)
    {
        var told = new TaskCompletionSource<Told<TResult>>(TaskCreationOptions.RunContinuationsAsynchronously);
        TResult result = default!;
        void Done()
        {
            written?.Invoke(result);
            told.TrySetResult(new(IsWell: true, result));
        }

        lock (_lock)
        {
            if (_waiting.Count >= MostWaiting || _stopping) return Task.FromResult(default(Told<TResult>));
            Enqueue_NeedsLock(new(connection => result = write(connection), Done, () => told.TrySetResult(default), IsHeld: false));
        }

        return told.Task;
    }

    /// <summary>
    /// Makes what was purged be gone from the disk: deleted pages are overwritten, but the log in which everything stands first
    /// keeps them until it is itself.
    /// </summary>
    /// <returns>Whether it was done.</returns>
    public async Task<bool> WipeLogAsync() => (await AskAsync(static connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
        return command.ExecuteScalar() is 0L;
    }).ConfigureAwait(false)) is { IsWell: true, Value: true };

    /// <summary>Asks. A question writes nothing, and is answered while the disk takes nothing in.</summary>
    public Task<Told<TResult>> AskAsync<TResult>(Func<SqliteConnection, TResult> ask)
    {
        var told = new TaskCompletionSource<Told<TResult>>(TaskCreationOptions.RunContinuationsAsynchronously);
        TResult result = default!;
        lock (_lock)
        {
            if (_questions.Count >= MostWaiting || _stopping) return Task.FromResult(default(Told<TResult>));
            _questions.Enqueue(new(connection => result = ask(connection), () => told.TrySetResult(new(IsWell: true, result)), () => told.TrySetResult(default), IsHeld: false));
            Monitor.Pulse(_lock);
        }

        return told.Task;
    }

    /// <summary>Runs something on the connection before the next transaction; for tests.</summary>
    internal void Between(Action<SqliteConnection> run) => Volatile.Write(ref _between, run);

    /// <summary>Writes what is waiting, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _stopping = true;
            Monitor.Pulse(_lock);
        }

        await _ended.Task.ConfigureAwait(false);
        await _retry.DisposeAsync().ConfigureAwait(false);
    }

    private void Enqueue_NeedsLock(Write write)
    {
        _waiting.Enqueue(write);
        Monitor.Pulse(_lock);
    }

    private void Wake()
    {
        lock (_lock)
        {
            _tryNow = true;
            Monitor.Pulse(_lock);
        }
    }

    private void Run()
    {
        while (Take(out var questions, out var tries) is { } batch)
        {
            foreach (var question in questions) Answer(question);
            if (tries) TryWrite(batch);
        }

        _ended.SetResult();
    }

    /// <summary>Waits for something to do; null at the end.</summary>
    private List<Write>? Take(out List<Write> questions, out bool tries)
    {
        lock (_lock)
        {
            while (_waiting.Count == 0 && _questions.Count == 0 && !_tryNow && !_stopping) Monitor.Wait(_lock);
            questions = [.. _questions];
            _questions.Clear();
            tries = false;
            // At the end one last try is made with what is held, and only one.
            if (_stopping && _waiting.Count == 0 && questions.Count == 0 && (_held.Count == 0 || !Health.IsWell)) return null;
            tries = _waiting.Count > 0 || _tryNow || _held.Count > 0;
            if (!tries) return [];
            _tryNow = false;
            List<Write> batch = [.. _held];
            _held.Clear();
            while (batch.Count < MostInOne && _waiting.TryDequeue(out var next)) batch.Add(next);
            return batch;
        }
    }

    private void TryWrite(List<Write> batch)
    {
        try
        {
            Interlocked.Exchange(ref _between, null)?.Invoke(_connection);
            using (var transaction = _connection.BeginTransaction())
            {
                if (!Health.IsWell) Pulse();
                foreach (var write in batch) write.Run(_connection);
                transaction.Commit();
            }

            Tell(null);
            foreach (var write in batch) write.Done?.Invoke();
        }
        catch (SqliteException failure) when (SqliteTrouble.IsOutside(failure))
        {
            foreach (var write in batch)
            {
                if (write.Failed is null) Interlocked.Increment(ref _dropped);
                else write.Failed();
            }

            lock (_lock) _held.AddRange(batch.Where(write => write.IsHeld));
            Tell(SqliteTrouble.Words(failure));
            _retry.Change(_options.RetryEvery, Timeout.InfiniteTimeSpan);
        }
        catch (SqliteException bug)
        {
            // A statement of ours is wrong: trying it again would only hold up the others.
            foreach (var write in batch) write.Failed?.Invoke();
            Interlocked.Add(ref _dropped, batch.Count);
            Tell(SqliteTrouble.Words(bug));
            _retry.Change(_options.RetryEvery, Timeout.InfiniteTimeSpan);
        }
    }

    private void Answer(Write question)
    {
        try
        {
            question.Run(_connection);
            question.Done!();
        }
        catch (SqliteException)
        {
            question.Failed!();
        }
    }

    /// <summary>Something must be written to know that writing works.</summary>
    private void Pulse()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "INSERT INTO pulse (id, at) VALUES (1, $at) ON CONFLICT (id) DO UPDATE SET at = $at";
        command.Parameters.AddWithValue("$at", _options.Time.GetUtcNow().ToUnixTimeMilliseconds());
        command.ExecuteNonQuery();
    }

    private void Tell(string? trouble)
    {
        if (Health.Trouble == trouble) return;
        var health = new StoreHealth(_options.Time.GetUtcNow(), trouble);
        Volatile.Write(ref _health, health);
        _options.HealthChanged?.Invoke(health);
    }

    /// <param name="Run">The statements.</param>
    /// <param name="Done">Told when it is on disk.</param>
    /// <param name="Failed">Told when it is not; null for what may be lost without a word.</param>
    /// <param name="IsHeld">Whether it is tried again until it is on disk.</param>
    private sealed record Write(Action<SqliteConnection> Run, Action? Done, Action? Failed, bool IsHeld);
}
