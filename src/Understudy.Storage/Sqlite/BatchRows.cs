using Microsoft.Data.Sqlite;
using Understudy.Deferral;
using static Understudy.Storage.Sqlite.DeferredRows;

namespace Understudy.Storage.Sqlite;

/// <summary>Batches, as rows. Their pieces are rows like all others.</summary>
internal static class BatchRows
{
    private const string Columns = "place, id, owner, made, deadline, until, cancelled, ended";

    /// <summary>Adds a batch.</summary>
    public static void Add(SqliteConnection connection, DeferredBatch batch) =>
        Run(connection, "INSERT INTO deferred_batch (id, owner, made, deadline, until) VALUES ($id, $owner, $made, $deadline, $until)",
            ("$id", batch.Id), ("$owner", batch.Owner), ("$made", Time(batch.MadeAt)), ("$deadline", Time(batch.Deadline)), ("$until", Time(batch.KeptUntil)));

    /// <summary>A batch; null where there is none of that id and owner.</summary>
    public static BatchView? Find(SqliteConnection connection, string id, string owner) =>
        Read(connection, $"SELECT {Columns} FROM deferred_batch WHERE id = $id AND owner = $owner", ("$id", id), ("$owner", owner)) is [var found] ? found : null;

    /// <summary>Batches of an owner, the newest first.</summary>
    public static BatchPage List(SqliteConnection connection, string owner, string? afterId, string? beforeId, int most)
    {
        // One more than asked for tells whether there are more.
        if (beforeId is null)
        {
            var page = Read(
                connection,
                $"SELECT {Columns} FROM deferred_batch WHERE owner = $owner AND ($after IS NULL OR place < (SELECT place FROM deferred_batch WHERE id = $after AND owner = $owner)) ORDER BY place DESC LIMIT $most",
                ("$owner", owner), ("$after", afterId), ("$most", most + 1));
            return new([.. page.Take(most)], page.Count > most);
        }

        var before = Read(
            connection, $"SELECT {Columns} FROM deferred_batch WHERE owner = $owner AND place > (SELECT place FROM deferred_batch WHERE id = $before AND owner = $owner) ORDER BY place LIMIT $most",
            ("$owner", owner), ("$before", beforeId), ("$most", most + 1));
        return new([.. before.Take(most).Reverse()], before.Count > most);
    }

    /// <summary>Says that a batch was taken back.</summary>
    public static void Cancel(SqliteConnection connection, string id, string owner, DateTimeOffset now) =>
        Run(connection, "UPDATE deferred_batch SET cancelled = $now WHERE id = $id AND owner = $owner AND cancelled IS NULL AND ended IS NULL", ("$now", Time(now)), ("$id", id), ("$owner", owner));

    /// <summary>Forgets a batch that has ended; its pieces stay.</summary>
    /// <returns>Whether there was one.</returns>
    public static bool Forget(SqliteConnection connection, string id, string owner) =>
        Run(connection, "DELETE FROM deferred_batch WHERE id = $id AND owner = $owner AND ended IS NOT NULL", ("$id", id), ("$owner", owner)) == 1;

    /// <summary>Forgets batches whose results are not kept any more.</summary>
    public static void Sweep(SqliteConnection connection, DateTimeOffset now) =>
        Run(connection, "DELETE FROM deferred_batch WHERE until <= $now", ("$now", Time(now)));

    /// <summary>What came of a batch, sealed.</summary>
    public static List<ResultRow> Results(SqliteConnection connection, string id, long after, int most)
    {
        using var command = Command(
            connection,
            """
            SELECT w.place, w.id, w.state, w.name, a.body FROM deferred_work w LEFT JOIN deferred_answer a ON a.place = w.place
            WHERE w.batch = $batch AND w.place > $after AND w.state > 1 ORDER BY w.place LIMIT $most
            """,
            ("$batch", id), ("$after", after), ("$most", most));
        using var reader = command.ExecuteReader();
        var results = new List<ResultRow>();
        while (reader.Read())
        {
            results.Add(new(reader.GetInt64(0), reader.GetString(1), (DeferredState)reader.GetInt32(2), reader.IsDBNull(3) ? null : reader.GetFieldValue<byte[]>(3), reader.IsDBNull(4) ? null : reader.GetFieldValue<byte[]>(4)));
        }

        return results;
    }

    private static List<BatchView> Read(SqliteConnection connection, string sql, params (string Name, object? Value)[] values)
    {
        var batches = new List<BatchView>();
        using (var command = Command(connection, sql, values))
        {
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                batches.Add(new(
                    new(reader.GetString(1), reader.GetString(2), Time(reader.GetInt64(3)), Time(reader.GetInt64(4)), Time(reader.GetInt64(5))),
                    reader.IsDBNull(6) ? null : Time(reader.GetInt64(6)),
                    reader.IsDBNull(7) ? null : Time(reader.GetInt64(7)),
                    []));
            }
        }

        return [.. batches.Select(batch => batch with { Counts = Counts(connection, batch.Batch.Id) })];
    }

    private static long[] Counts(SqliteConnection connection, string id)
    {
        var counts = new long[DeferredStates.All.Count];
        using var command = Command(connection, "SELECT state, count(*) FROM deferred_work WHERE batch = $batch GROUP BY state", ("$batch", id));
        using var reader = command.ExecuteReader();
        while (reader.Read()) counts[reader.GetInt32(0)] = reader.GetInt64(1);
        return counts;
    }
}

/// <summary>What came of a piece of a batch, sealed.</summary>
internal readonly record struct ResultRow(long Place, string Id, DeferredState State, byte[]? Name, byte[]? Answer);
