using System.Buffers;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Understudy.Calls;
using Understudy.Capture;
using Understudy.Observation;
using static Understudy.Storage.Sqlite.DeferredRows;

namespace Understudy.Storage.Sqlite;

/// <summary>Captured calls in the one file of the one gateway. Sealed and opened by whoever asks; the store's thread only moves bytes.</summary>
internal sealed class SqliteCaptureStore(StoreWriter writer, string? secret) : ICaptureStore
{
    private const int MostSweptAtOnce = 500;

    private readonly Seal _seal = new(secret, "understudy capture seal 1");

    /// <inheritdoc/>
    public async Task<bool> KeepAsync(CapturedCall call)
    {
        var body = Close(call);
        var head = call.Head;
        var told = await writer.TryAsync(connection => Run(
            connection, "INSERT OR REPLACE INTO captured_call (id, at, route, client, outcome, bytes, body) VALUES ($id, $at, $route, $client, $outcome, $bytes, $body)",
            ("$id", head.Id), ("$at", Time(head.At)), ("$route", head.Route), ("$client", head.Client), ("$outcome", head.Outcome.ToString()), ("$bytes", body.Length), ("$body", body))).ConfigureAwait(false);
        return told.IsWell;
    }

    /// <inheritdoc/>
    public Task SweepAsync(DateTimeOffset notBefore, long mostBytes) => writer.TryAsync(connection =>
    {
        var gone = Run(connection, "DELETE FROM captured_call WHERE at < $limit", ("$limit", Time(notBefore)));
        // In steps, for the thread is everybody's: what is left over goes with the next sweep.
        return gone + Run(connection,
            """
            DELETE FROM captured_call WHERE place IN (
                SELECT place FROM (SELECT place, sum(bytes) OVER (ORDER BY place DESC) AS sum FROM captured_call) WHERE sum > $most ORDER BY place LIMIT $step)
            """,
            ("$most", mostBytes), ("$step", MostSweptAtOnce));
    });

    /// <inheritdoc/>
    public async Task<IReadOnlyList<CapturedHead>?> ListAsync(string? route, string? client, DateTimeOffset? before, int most)
    {
        var told = await writer.AskAsync(connection =>
        {
            using var command = Command(
                connection,
                """
                SELECT id, at, route, client, outcome, bytes FROM captured_call
                WHERE ($route IS NULL OR route = $route COLLATE NOCASE) AND ($client IS NULL OR client = $client COLLATE NOCASE) AND ($before IS NULL OR at < $before)
                ORDER BY at DESC, place DESC LIMIT $most
                """,
                ("$route", route), ("$client", client), ("$before", before is { } limit ? Time(limit) : null), ("$most", most));
            using var reader = command.ExecuteReader();
            var heads = new List<CapturedHead>();
            while (reader.Read()) heads.Add(Head(reader));
            return heads;
        }).ConfigureAwait(false);
        return told.IsWell ? told.Value : null;
    }

    /// <inheritdoc/>
    public async Task<CapturedCall?> FindAsync(string id)
    {
        var told = await writer.AskAsync<(CapturedHead Head, byte[] Body)?>(connection =>
        {
            using var command = Command(connection, "SELECT id, at, route, client, outcome, bytes, body FROM captured_call WHERE id = $id", ("$id", id));
            using var reader = command.ExecuteReader();
            return reader.Read() ? (Head(reader), reader.GetFieldValue<byte[]>(6)) : null;
        }).ConfigureAwait(false);
        return told is { IsWell: true, Value: var (head, body) } ? Open(head, body) : null;
    }

    /// <inheritdoc/>
    public async Task<int?> PurgeAsync(string? client, DateTimeOffset? before)
    {
        var gone = 0;
        var kept = await writer.KeepAsync(
            connection => Run(connection, "DELETE FROM captured_call WHERE ($client IS NULL OR client = $client COLLATE NOCASE) AND ($before IS NULL OR at < $before)", ("$client", client), ("$before", before is { } limit ? Time(limit) : null)),
            rows => gone = rows).ConfigureAwait(false);
        return kept && await writer.WipeLogAsync().ConfigureAwait(false) ? gone : null;
    }

    private static CapturedHead Head(SqliteDataReader reader) => new(
        reader.GetString(0), Time(reader.GetInt64(1)), reader.GetString(2), reader.GetString(3),
        Enum.TryParse<CallOutcome>(reader.GetString(4), out var outcome) ? outcome : CallOutcome.Running, reader.GetInt64(5));

    private byte[] Close(CapturedCall call)
    {
        var plain = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(plain))
        {
            json.WriteStartObject();
            json.WriteString("protocol", call.Protocol.ToString());
            json.WriteNumber("status", call.Status);
            json.WriteNumber("redacted", call.Redacted);
            json.WriteString("model", call.ModelSensitive);
            json.WriteString("request", call.RequestSensitive);
            json.WriteString("answer", call.AnswerSensitive);
            json.WriteEndObject();
        }

        return _seal.Close(plain.WrittenSpan, Bound(call.Head));
    }

    private CapturedCall? Open(CapturedHead head, byte[] body)
    {
        try
        {
            if (_seal.Open(body, Bound(head)) is not { } plain) return null;
            using var document = JsonDocument.Parse(plain);
            var root = document.RootElement;
            return new()
            {
                Head = head,
                Protocol = Enum.Parse<WireProtocol>(root.GetProperty("protocol").GetString()!),
                Status = root.GetProperty("status").GetInt32(),
                Redacted = root.GetProperty("redacted").GetInt32(),
                ModelSensitive = root.GetProperty("model").GetString()!,
                RequestSensitive = root.GetProperty("request").GetString()!,
                AnswerSensitive = root.GetProperty("answer").GetString()!,
            };
        }
        catch (Exception unreadable) when (unreadable is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            return null; // sealed under a key that is not here any more
        }
    }

    // A row cannot be passed off as another client's.
    private static string Bound(CapturedHead head) => $"{head.Id}\n{head.Client}\n{Time(head.At)}";
}
