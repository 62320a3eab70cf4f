using System.Globalization;
using Microsoft.Data.Sqlite;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Deferral;

namespace Understudy.Storage.Sqlite;

/// <summary>Deferred work, as rows: every statement, each a step of the store's own thread. States stand in them as numbers, for the indices are made for them.</summary>
internal static class DeferredRows
{


    /// <summary>What a process leaves running has no process any more: it waits again.</summary>
    public static void Recover(SqliteConnection connection) => Run(connection, "UPDATE deferred_work SET state = 0, not_before = 0 WHERE state = 1");

    /// <summary>Counts what is there.</summary>
    public static void Count(SqliteConnection connection, DeferralTally tally)
    {
        using var command = Command(connection, "SELECT lane, state, count(*), sum(bytes) FROM deferred_work GROUP BY lane, state");
        using var reader = command.ExecuteReader();
        while (reader.Read()) tally.Move(reader.GetString(0), null, (DeferredState)reader.GetInt32(1), reader.GetInt64(2), reader.GetInt64(3));
    }

    /// <summary>The id of the piece that was handed over under that key; null for none.</summary>
    public static string? Find(SqliteConnection connection, ReadOnlyMemory<byte> once)
    {
        using var command = Command(connection, "SELECT id FROM deferred_work WHERE once = $once", ("$once", once.ToArray()));
        return command.ExecuteScalar() as string;
    }

    /// <summary>Adds a piece.</summary>
    /// <param name="connection">The file.</param>
    /// <param name="work">The piece.</param>
    /// <param name="request">Its request, sealed.</param>
    /// <param name="name">Its name in its batch, sealed; null outside of one.</param>
    public static void Add(SqliteConnection connection, DeferredWork work, byte[] request, byte[]? name)
    {
        using (var command = Command(
            connection,
            """
            INSERT INTO deferred_work (id, owner, state, lane, priority, use_case, protocol, model, accepted, deadline, keep, batch, name, once, tells, bytes)
            VALUES ($id, $owner, 0, $lane, $priority, $useCase, $protocol, $model, $accepted, $deadline, $keep, $batch, $name, $once, $tells, $bytes)
            """,
            ("$id", work.Id), ("$owner", work.Owner), ("$lane", work.Route), ("$priority", CallPriority.High - work.Priority), ("$useCase", work.UseCase),
            ("$protocol", (int)work.Protocol), ("$model", work.Model), ("$accepted", Time(work.AcceptedAt)), ("$deadline", Time(work.Deadline)),
            ("$keep", (long)work.Keep.TotalMilliseconds), ("$batch", work.Batch), ("$name", name), ("$once", work.Once.IsEmpty ? null : work.Once.ToArray()), ("$tells", work.Tells ? 1 : 0), ("$bytes", request.Length)))
        {
            command.ExecuteNonQuery();
        }

        Run(connection, "INSERT INTO deferred_request (place, body) VALUES (last_insert_rowid(), $body)", ("$body", request));
    }

    /// <summary>Takes the next pieces.</summary>
    public static List<ClaimedRow> Claim(SqliteConnection connection, IReadOnlyList<LaneRoom> lanes, int most, DateTimeOffset now)
    {
        var next = new List<(long Priority, long Place)>();
        foreach (var (lane, room) in lanes)
        {
            using var command = Command(
                connection, "SELECT priority, place FROM deferred_work WHERE state = 0 AND lane = $lane AND not_before <= $now ORDER BY priority, place LIMIT $room",
                ("$lane", lane), ("$now", Time(now)), ("$room", Math.Min(room, most)));
            using var reader = command.ExecuteReader();
            while (reader.Read()) next.Add((reader.GetInt64(0), reader.GetInt64(1)));
        }

        return [.. next.Order().Take(most).Select(turn => Claim(connection, turn.Place))];
    }

    /// <summary>Puts a claimed piece back.</summary>
    /// <returns>Whether it was still claimed.</returns>
    public static bool PutBack(SqliteConnection connection, DeferredWork work, DateTimeOffset notBefore, int tries) =>
        Run(connection, "UPDATE deferred_work SET state = 0, not_before = $at, tries = $tries WHERE id = $id AND state = 1 AND lease = $lease",
            ("$at", Time(notBefore)), ("$tries", tries), ("$id", work.Id), ("$lease", work.Lease)) == 1;

    /// <summary>Ends pieces.</summary>
    /// <param name="connection">The file.</param>
    /// <param name="where">Which.</param>
    /// <param name="state">How.</param>
    /// <param name="answer">What came of the one piece, sealed; null for nothing.</param>
    /// <param name="now">The time.</param>
    /// <param name="values">The values of <paramref name="where"/>.</param>
    public static List<Moved> End(SqliteConnection connection, string where, DeferredState state, byte[]? answer, DateTimeOffset now, params (string Name, object? Value)[] values)
    {
        var ended = new List<(long Place, string? Batch, Moved Moved)>();
        using (var command = Command(connection, $"SELECT place, batch, lane, state, bytes FROM deferred_work WHERE {where}", values))
        {
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                ended.Add((reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetString(1), new(reader.GetString(2), (DeferredState)reader.GetInt32(3), state, (answer?.Length ?? 0) - reader.GetInt64(4))));
            }
        }

        foreach (var (place, _, _) in ended)
        {
            Run(connection,
                """
                UPDATE deferred_work SET state = $state, finished = $now, expires = CASE WHEN batch IS NULL THEN $now ELSE accepted END + keep,
                    tell_at = CASE WHEN tells = 1 THEN $now END, bytes = $bytes WHERE place = $place
                """,
                ("$state", (int)state), ("$now", Time(now)), ("$bytes", answer?.Length ?? 0), ("$place", place));
            Run(connection, "DELETE FROM deferred_request WHERE place = $place", ("$place", place));
            if (answer is not null) Run(connection, "INSERT INTO deferred_answer (place, body) VALUES ($place, $body)", ("$place", place), ("$body", answer));
        }

        foreach (var batch in ended.Select(piece => piece.Batch).OfType<string>().Distinct(StringComparer.Ordinal)) EndBatchIfOver(connection, batch, now);
        return [.. ended.Select(piece => piece.Moved)];
    }

    /// <summary>Forgets pieces.</summary>
    public static List<Moved> Forget(SqliteConnection connection, string where, params (string Name, object? Value)[] values)
    {
        var gone = new List<(long Place, Moved Moved)>();
        using (var command = Command(connection, $"SELECT place, lane, state, bytes FROM deferred_work WHERE {where}", values))
        {
            using var reader = command.ExecuteReader();
            while (reader.Read()) gone.Add((reader.GetInt64(0), new(reader.GetString(1), (DeferredState)reader.GetInt32(2), null, -reader.GetInt64(3))));
        }

        foreach (var (place, _) in gone)
        {
            foreach (var table in (string[])["deferred_request", "deferred_answer", "deferred_work"]) Run(connection, $"DELETE FROM {table} WHERE place = $place", ("$place", place));
        }

        return [.. gone.Select(piece => piece.Moved)];
    }

    /// <summary>A piece; null where there is none.</summary>
    public static FoundRow? Find(SqliteConnection connection, string id)
    {
        using var command = Command(
            connection,
            """
            SELECT w.place, w.owner, w.state, w.lane, w.protocol, w.model, w.accepted, w.deadline, w.finished, w.expires, w.not_before, w.tries, w.priority, a.body
            FROM deferred_work w LEFT JOIN deferred_answer a ON a.place = w.place WHERE w.id = $id
            """,
            ("$id", id));
        using var reader = command.ExecuteReader();
        if (!reader.Read()) return null;
        var state = (DeferredState)reader.GetInt32(2);
        var view = new DeferredView
        {
            Id = id,
            Owner = reader.GetString(1),
            State = state,
            Route = reader.GetString(3),
            Protocol = (WireProtocol)reader.GetInt32(4),
            Model = reader.GetString(5),
            AcceptedAt = Time(reader.GetInt64(6)),
            Deadline = Time(reader.GetInt64(7)),
            FinishedAt = reader.IsDBNull(8) ? null : Time(reader.GetInt64(8)),
            ExpiresAt = reader.IsDBNull(9) ? null : Time(reader.GetInt64(9)),
            NotBefore = state == DeferredState.Waiting && reader.GetInt64(10) > 0 ? Time(reader.GetInt64(10)) : null,
            Tries = reader.GetInt32(11),
            Ahead = state == DeferredState.Waiting ? Ahead(connection, reader.GetString(3), reader.GetInt64(12), reader.GetInt64(0)) : null,
        };
        return new(view, reader.IsDBNull(13) ? null : reader.GetFieldValue<byte[]>(13));
    }

    /// <summary>When the oldest piece that waits was accepted.</summary>
    public static DateTimeOffset? Oldest(SqliteConnection connection)
    {
        using var command = Command(connection, "SELECT min(accepted) FROM deferred_work WHERE state = 0");
        return command.ExecuteScalar() is long at ? Time(at) : null;
    }

    /// <summary>News that are due.</summary>
    public static IReadOnlyList<DeferredNews> News(SqliteConnection connection, DateTimeOffset now, int most)
    {
        using var command = Command(
            connection, "SELECT id, owner, lane, state, finished, tell_tries FROM deferred_work WHERE tell_at IS NOT NULL AND tell_at <= $now ORDER BY tell_at LIMIT $most",
            ("$now", Time(now)), ("$most", most));
        using var reader = command.ExecuteReader();
        var news = new List<DeferredNews>();
        while (reader.Read()) news.Add(new(reader.GetString(0), reader.GetString(1), reader.GetString(2), (DeferredState)reader.GetInt32(3), Time(reader.GetInt64(4)), reader.GetInt32(5)));
        return news;
    }

    /// <summary>Sets when news are due again; null for never.</summary>
    public static void Tell(SqliteConnection connection, string id, DateTimeOffset? due, int tries) =>
        Run(connection, "UPDATE deferred_work SET tell_at = $due, tell_tries = $tries WHERE id = $id", ("$due", due is { } at ? Time(at) : null), ("$tries", tries), ("$id", id));

    /// <summary>Where a piece stands; null where there is none of that id and owner.</summary>
    public static DeferredState? State(SqliteConnection connection, string id, string owner)
    {
        using var command = Command(connection, "SELECT state FROM deferred_work WHERE id = $id AND owner = $owner", ("$id", id), ("$owner", owner));
        return command.ExecuteScalar() is long state ? (DeferredState)state : null;
    }

    /// <summary>Runs a statement.</summary>
    /// <returns>How many rows it changed.</returns>
    public static int Run(SqliteConnection connection, string sql, params (string Name, object? Value)[] values)
    {
        using var command = Command(connection, sql, values);
        return command.ExecuteNonQuery();
    }

    /// <summary>A statement with its values.</summary>
    public static SqliteCommand Command(SqliteConnection connection, string sql, params (string Name, object? Value)[] values)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // constants of this program; values are parameters
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in values) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    /// <summary>A time as it stands in the file.</summary>
    public static long Time(DateTimeOffset at) => at.ToUnixTimeMilliseconds();

    /// <summary>A time again.</summary>
    public static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    /// <summary>The first pieces of a lane that are not over.</summary>
    public static List<ClaimedRow> Peek(SqliteConnection connection, string lane, int most)
    {
        using var command = Command(
            connection, $"{Pieces} WHERE w.lane = $lane AND w.state IN (0, 1) AND w.batch IS NULL ORDER BY w.priority, w.place LIMIT $most", ("$lane", lane), ("$most", most));
        using var reader = command.ExecuteReader();
        var rows = new List<ClaimedRow>();
        while (reader.Read()) rows.Add(Piece(reader));
        return rows;
    }

    private const string Pieces =
        """
        SELECT w.id, w.owner, w.lane, w.use_case, w.priority, w.protocol, w.model, w.accepted, w.deadline, w.keep, w.batch, w.tells, w.tries, w.lease, r.body
        FROM deferred_work w LEFT JOIN deferred_request r ON r.place = w.place
        """;

    private static ClaimedRow Claim(SqliteConnection connection, long place)
    {
        Run(connection, "UPDATE deferred_work SET state = 1, lease = lease + 1 WHERE place = $place", ("$place", place));
        using var command = Command(connection, $"{Pieces} WHERE w.place = $place", ("$place", place));
        using var reader = command.ExecuteReader();
        reader.Read();
        return Piece(reader);
    }

    private static ClaimedRow Piece(SqliteDataReader reader) => new(
        new()
        {
            Id = reader.GetString(0),
            Owner = reader.GetString(1),
            Route = reader.GetString(2),
            UseCase = reader.GetString(3),
            Priority = CallPriority.High - reader.GetInt32(4),
            Protocol = (WireProtocol)reader.GetInt32(5),
            Model = reader.GetString(6),
            AcceptedAt = Time(reader.GetInt64(7)),
            Deadline = Time(reader.GetInt64(8)),
            Keep = TimeSpan.FromMilliseconds(reader.GetInt64(9)),
            Batch = reader.IsDBNull(10) ? null : reader.GetString(10),
            Tells = reader.GetInt32(11) == 1,
            Tries = reader.GetInt32(12),
            Lease = reader.GetInt32(13),
            RequestSensitive = null,
        },
        reader.IsDBNull(14) ? null : reader.GetFieldValue<byte[]>(14));

    private static int Ahead(SqliteConnection connection, string lane, long priority, long place)
    {
        using var command = Command(
            connection,
            """
            SELECT count(*) FROM (SELECT 1 FROM deferred_work WHERE state = 0 AND lane = $lane AND (priority, place) < ($priority, $place) LIMIT $most)
            """,
            ("$lane", lane), ("$priority", priority), ("$place", place), ("$most", DeferredView.MostAhead));
        return Convert.ToInt32(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private static void EndBatchIfOver(SqliteConnection connection, string batch, DateTimeOffset now) =>
        Run(connection,
            """
            UPDATE deferred_batch SET ended = $now WHERE id = $batch AND ended IS NULL
                AND NOT EXISTS (SELECT 1 FROM deferred_work WHERE batch = $batch AND state = 0) AND NOT EXISTS (SELECT 1 FROM deferred_work WHERE batch = $batch AND state = 1)
            """,
            ("$now", Time(now)), ("$batch", batch));
}

/// <summary>A piece that went from one state to another; to null where it was forgotten.</summary>
internal readonly record struct Moved(string Lane, DeferredState From, DeferredState? To, long Bytes);

/// <summary>A claimed piece and its request, sealed.</summary>
internal readonly record struct ClaimedRow(DeferredWork Work, byte[]? Request);

/// <summary>A piece and what came of it, sealed.</summary>
internal sealed record FoundRow(DeferredView View, byte[]? Answer);
