using Microsoft.Data.Sqlite;
using Understudy.Observation.Past;
using static Understudy.Storage.Sqlite.DeferredRows;

namespace Understudy.Storage.Sqlite;

/// <summary>Blocks of call records in the one file of the one gateway.</summary>
internal sealed class SqliteCallStore : ICallStore
{
    private const string Columns = "begins, ends, calls, troubles, marks, body";

    private readonly StoreWriter _writer;
    private long _bytes;

    /// <summary>Over a file that nobody writes yet.</summary>
    public SqliteCallStore(SqliteConnection connection, StoreWriter writer)
    {
        _writer = writer;
        using var command = Command(connection, "SELECT coalesce(sum(bytes), 0) FROM call_block");
        _bytes = (long)command.ExecuteScalar()!;
    }

    /// <inheritdoc/>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <inheritdoc/>
    public async Task<bool> KeepAsync(CallBlock block, DateTimeOffset notBefore, long mostBytes)
    {
        var told = await _writer.TryAsync(
            connection =>
            {
                var more = block.Bytes - Forget(connection, "SELECT place, bytes FROM call_block WHERE ends < $limit", long.MaxValue, ("$limit", Time(notBefore)));
                Run(connection, "INSERT INTO call_block (begins, ends, calls, troubles, bytes, marks, body) VALUES ($begins, $ends, $calls, $troubles, $bytes, $marks, $body)",
                    ("$begins", Time(block.From)), ("$ends", Time(block.Until)), ("$calls", block.Calls), ("$troubles", block.Troubles), ("$bytes", block.Bytes), ("$marks", block.Marks.ToArray()), ("$body", block.Body.ToArray()));
                return more - Forget(connection, "SELECT place, bytes FROM call_block ORDER BY place LIMIT 64", Bytes + more - mostBytes);
            },
            more => Interlocked.Add(ref _bytes, more)).ConfigureAwait(false);
        return told.IsWell;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<CallBlock>?> ReadAsync(DateTimeOffset? before, bool troubleOnly, int skip, int most)
    {
        var told = await _writer.AskAsync(connection =>
        {
            using var command = Command(
                connection, $"SELECT {Columns} FROM call_block WHERE ($before IS NULL OR begins < $before) AND ($all OR troubles > 0) ORDER BY place DESC LIMIT $most OFFSET $skip",
                ("$before", before is { } limit ? Time(limit) + 1 : null), ("$all", troubleOnly ? 0 : 1), ("$most", most), ("$skip", skip));
            return Blocks(command, null);
        }).ConfigureAwait(false);
        return told.IsWell ? told.Value : null;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<CallBlock>?> FindAsync(string id)
    {
        var told = await _writer.AskAsync(connection =>
        {
            using var command = Command(connection, $"SELECT {Columns} FROM call_block ORDER BY begins DESC");
            return Blocks(command, id);
        }).ConfigureAwait(false);
        return told.IsWell ? told.Value : null;
    }

    private static List<CallBlock> Blocks(SqliteCommand command, string? id)
    {
        using var reader = command.ExecuteReader();
        var blocks = new List<CallBlock>();
        while (reader.Read())
        {
            var block = new CallBlock(Time(reader.GetInt64(0)), Time(reader.GetInt64(1)), reader.GetInt32(2), reader.GetInt32(3), reader.GetFieldValue<byte[]>(4), default);
            if (id is null || block.MayHold(id)) blocks.Add(block with { Body = reader.GetFieldValue<byte[]>(5) });
        }

        return blocks;
    }

    /// <summary>Forgets rows until so many bytes are gone.</summary>
    private static long Forget(SqliteConnection connection, string which, long atLeast, params (string Name, object? Value)[] values)
    {
        if (atLeast <= 0) return 0;
        var gone = new List<(long Place, long Bytes)>();
        var sum = 0L;
        using (var command = Command(connection, which, values))
        {
            using var reader = command.ExecuteReader();
            while (sum < atLeast && reader.Read())
            {
                gone.Add((reader.GetInt64(0), reader.GetInt64(1)));
                sum += gone[^1].Bytes;
            }
        }

        foreach (var (place, _) in gone) Run(connection, "DELETE FROM call_block WHERE place = $place", ("$place", place));
        return sum;
    }
}
