using Microsoft.Data.Sqlite;
using Understudy.Deferral;

namespace Understudy.Storage.Sqlite;

/// <summary>
/// Deferred work in the one file of the one gateway. Content is sealed and opened by whoever asks, on its own thread; the
/// store's thread only moves bytes. What is counted changes when the disk has it.
/// </summary>
internal sealed class SqliteDeferralStore : IDeferralStore
{
    private readonly StoreWriter _writer;
    private readonly DeferredSeal _seal;

    /// <summary>Over a file that nobody writes yet: what an earlier process left running waits again.</summary>
    public SqliteDeferralStore(SqliteConnection connection, StoreWriter writer, string? secret)
    {
        _writer = writer;
        _seal = new(secret);
        using (var transaction = connection.BeginTransaction())
        {
            DeferredRows.Recover(connection);
            transaction.Commit();
        }

        DeferredRows.Count(connection, Tally);
    }

    /// <inheritdoc/>
    public DeferralTally Tally { get; } = new();

    /// <inheritdoc/>
    public async Task<Accepted> AcceptAsync(IReadOnlyList<DeferredWork> pieces, DeferredBatch? batch, long mostBytes)
    {
        var rows = pieces.Select(piece => (
            Work: piece, Request: _seal.Close(piece.Id, piece.RequestSensitive!),
            Name: piece.RequestSensitive!.CustomIdSensitive is { } name ? _seal.CloseName(piece.Id, name) : null)).ToList();
        var bytes = rows.Sum(row => (long)row.Request.Length);
        var told = await _writer.TryAsync(
            connection =>
            {
                if (pieces is [{ Once: { IsEmpty: false } once }] && DeferredRows.Find(connection, once) is { } before) return new Accepted(Acceptance.KeptBefore, before);
                if (Tally.Bytes + bytes > mostBytes) return new(Acceptance.Full, null);
                if (batch is not null) BatchRows.Add(connection, batch);
                foreach (var (work, request, name) in rows) DeferredRows.Add(connection, work, request, name);
                return new(Acceptance.Kept, batch?.Id ?? pieces[0].Id);
            },
            accepted =>
            {
                if (accepted.How != Acceptance.Kept) return;
                foreach (var (work, request, _) in rows) Tally.Move(work.Route, null, DeferredState.Waiting, bytes: request.Length);
            }).ConfigureAwait(false);
        return told.IsWell ? told.Value : new(Acceptance.Trouble, null);
    }

    /// <inheritdoc/>
    public void Withdraw(IReadOnlyList<DeferredWork> pieces, DeferredBatch? batch) => _ = _writer.KeepAsync(
        connection =>
        {
            if (batch is not null) DeferredRows.Run(connection, "DELETE FROM deferred_batch WHERE id = $id", ("$id", batch.Id));
            return pieces.SelectMany(piece => DeferredRows.Forget(connection, "id = $id", ("$id", piece.Id))).ToList();
        },
        Count);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DeferredWork>> ClaimAsync(IReadOnlyList<LaneRoom> lanes, int most, DateTimeOffset now)
    {
        var told = await _writer.TryAsync(
            connection => DeferredRows.Claim(connection, lanes, most, now),
            claimed =>
            {
                foreach (var (work, _) in claimed) Tally.Move(work.Route, DeferredState.Waiting, DeferredState.Running);
            }).ConfigureAwait(false);
        return told.IsWell ? [.. told.Value.Select(row => row.Work with { RequestSensitive = _seal.OpenRequest(row.Work.Id, row.Request) })] : [];
    }

    /// <inheritdoc/>
    public Task PutBackAsync(DeferredWork piece, DateTimeOffset notBefore, int tries) => _writer.KeepAsync(
        connection => DeferredRows.PutBack(connection, piece, notBefore, tries),
        wasMine =>
        {
            if (wasMine) Tally.Move(piece.Route, DeferredState.Running, DeferredState.Waiting);
        });

    /// <inheritdoc/>
    public Task<bool> FinishAsync(DeferredWork piece, DeferredState state, DeferredAnswer? answer, DateTimeOffset now) =>
        EndAsync("id = $id AND state = 1 AND lease = $lease", piece.Id, state, answer, now, ("$lease", piece.Lease));

    /// <inheritdoc/>
    public Task<bool> EndAsync(string id, DeferredState state, DeferredAnswer? answer, DateTimeOffset now) =>
        EndAsync("id = $id AND state IN (0, 1)", id, state, answer, now);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DeferredWork>> PeekAsync(string lane, int most)
    {
        var rows = Said(await _writer.AskAsync(connection => DeferredRows.Peek(connection, lane, most)).ConfigureAwait(false));
        return [.. rows.Select(row => row.Work with { RequestSensitive = _seal.OpenRequest(row.Work.Id, row.Request) })];
    }

    private async Task<bool> EndAsync(string where, string id, DeferredState state, DeferredAnswer? answer, DateTimeOffset now, params (string, object?)[] more)
    {
        var closed = answer is null ? null : _seal.Close(id, answer);
        var ended = 0;
        var kept = await _writer.KeepAsync(
            connection => DeferredRows.End(connection, where, state, closed, now, [("$id", id), .. more]),
            moved =>
            {
                ended = moved.Count;
                Count(moved);
            }).ConfigureAwait(false);
        return kept && ended == 1;
    }

    /// <inheritdoc/>
    public async Task<DeferredView?> FindAsync(string id)
    {
        var row = Said(await _writer.AskAsync(connection => DeferredRows.Find(connection, id)).ConfigureAwait(false));
        if (row is null) return null;
        var answer = _seal.OpenAnswer(id, row.Answer);
        return row.View with { AnswerSensitive = answer, IsUnreadable = row.Answer is not null && answer is null };
    }

    /// <inheritdoc/>
    public async Task<DeferredState?> CancelAsync(string id, string owner, DateTimeOffset now) => Said(await _writer.TryAsync(
        connection => (
            Moved: DeferredRows.End(connection, "id = $id AND owner = $owner AND state IN (0, 1)", DeferredState.Cancelled, null, now, ("$id", id), ("$owner", owner)),
            State: DeferredRows.State(connection, id, owner)),
        done => Count(done.Moved)).ConfigureAwait(false)).State;

    /// <inheritdoc/>
    public async Task<int> CancelLaneAsync(string lane, int most, DateTimeOffset now) => Said(await _writer.TryAsync(
        connection => DeferredRows.End(
            connection, "place IN (SELECT place FROM deferred_work WHERE lane = $lane AND state = 0 ORDER BY place LIMIT $most)", DeferredState.Cancelled, null, now, ("$lane", lane), ("$most", most)),
        Count).ConfigureAwait(false)).Count;

    /// <inheritdoc/>
    public async Task<bool> ForgetAsync(string id, string owner) => Said(await _writer.TryAsync(
        connection => DeferredRows.Forget(connection, "id = $id AND owner = $owner AND state > 1", ("$id", id), ("$owner", owner)), Count).ConfigureAwait(false)).Count == 1;

    /// <inheritdoc/>
    public async Task<int> SweepAsync(DateTimeOffset now, int most)
    {
        (string, object?)[] values = [("$now", DeferredRows.Time(now)), ("$most", most)];
        return Said(await _writer.TryAsync(
            connection =>
            {
                var moved = DeferredRows.End(connection, "place IN (SELECT place FROM deferred_work WHERE state IN (0, 1) AND deadline <= $now LIMIT $most)", DeferredState.Expired, null, now, values);
                moved.AddRange(DeferredRows.Forget(connection, "place IN (SELECT place FROM deferred_work WHERE expires IS NOT NULL AND expires <= $now LIMIT $most)", values));
                BatchRows.Sweep(connection, now);
                return moved;
            },
            Count).ConfigureAwait(false)).Count;
    }

    /// <inheritdoc/>
    public async Task<DateTimeOffset?> OldestWaitingAsync() => Said(await _writer.AskAsync(DeferredRows.Oldest).ConfigureAwait(false));

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DeferredNews>> NewsAsync(DateTimeOffset now, int most) =>
        Said(await _writer.AskAsync(connection => DeferredRows.News(connection, now, most)).ConfigureAwait(false));

    /// <inheritdoc/>
    public Task ToldAsync(string id) => _writer.KeepAsync(connection => DeferredRows.Tell(connection, id, null, 0));

    /// <inheritdoc/>
    public Task TellLaterAsync(string id, DateTimeOffset due, int tries) => _writer.KeepAsync(connection => DeferredRows.Tell(connection, id, due, tries));

    /// <inheritdoc/>
    public async Task<BatchView?> FindBatchAsync(string id, string owner) => Said(await _writer.AskAsync(connection => BatchRows.Find(connection, id, owner)).ConfigureAwait(false));

    /// <inheritdoc/>
    public async Task<BatchPage> ListBatchesAsync(string owner, string? afterId, string? beforeId, int most) =>
        Said(await _writer.AskAsync(connection => BatchRows.List(connection, owner, afterId, beforeId, most)).ConfigureAwait(false));

    /// <inheritdoc/>
    public async Task<BatchView?> CancelBatchAsync(string id, string owner, DateTimeOffset now) => Said(await _writer.TryAsync(
        connection =>
        {
            BatchRows.Cancel(connection, id, owner, now);
            var moved = DeferredRows.End(connection, "batch = $batch AND owner = $owner AND state = 0", DeferredState.Cancelled, null, now, ("$batch", id), ("$owner", owner));
            return (Moved: moved, View: BatchRows.Find(connection, id, owner));
        },
        done => Count(done.Moved)).ConfigureAwait(false)).View;

    /// <inheritdoc/>
    public async Task<bool> ForgetBatchAsync(string id, string owner) => Said(await _writer.TryAsync(
        connection => BatchRows.Forget(connection, id, owner) ? DeferredRows.Forget(connection, "batch = $batch", ("$batch", id)) : null,
        moved => Count(moved ?? [])).ConfigureAwait(false)) is not null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<BatchResult>> ResultsAsync(string id, long after, int most)
    {
        var rows = Said(await _writer.AskAsync(connection => BatchRows.Results(connection, id, after, most)).ConfigureAwait(false));
        return [.. rows.Select(row => new BatchResult(row.Place, row.State, row.Name is null ? "" : _seal.OpenName(row.Id, row.Name) ?? "", _seal.OpenAnswer(row.Id, row.Answer)))];
    }

    private static TValue Said<TValue>(Told<TValue> told) => told.IsWell ? told.Value : throw new DeferralTroubleException();

    private void Count(IReadOnlyList<Moved> moved)
    {
        foreach (var one in moved) Tally.Move(one.Lane, one.From, one.To, bytes: one.Bytes);
    }
}
