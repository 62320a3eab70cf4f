namespace Understudy.Deferral;

/// <summary>
/// A store that lasts as long as the process: for drills and tests, in which that is as long as the world. Every step is
/// done when its method returns. A gateway never uses it: what it promised would be lost. Thread-safe.
/// </summary>
public sealed class MemoryDeferralStore : IDeferralStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Piece> _pieces = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedSet<Piece>> _lanes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BatchRow> _batches = new(StringComparer.Ordinal);
    private readonly PriorityQueue<Piece, DateTimeOffset> _due = new();
    private readonly Queue<Piece> _byAge = new();
    private long _place;

    /// <inheritdoc/>
    public DeferralTally Tally { get; } = new();

    /// <summary>What a store does at a start: what the process before was at waits again. For worlds in which this outlives processes.</summary>
    public void BeginAnew()
    {
        lock (_lock)
        {
            foreach (var piece in _pieces.Values.Where(piece => piece.State == DeferredState.Running).OrderBy(piece => piece.Place).ToList())
            {
                Turn_NeedsLock(piece, DeferredState.Waiting);
                Waiting(piece.Work.Route).Add(piece);
            }
        }
    }

    /// <inheritdoc/>
    public Task<Accepted> AcceptAsync(IReadOnlyList<DeferredWork> pieces, DeferredBatch? batch, long mostBytes)
    {
        lock (_lock)
        {
            if (pieces is [{ Once: { IsEmpty: false } once }] && _pieces.Values.FirstOrDefault(piece => piece.Work.Once.Span.SequenceEqual(once.Span)) is { } before)
            {
                return Task.FromResult(new Accepted(Acceptance.KeptBefore, before.Work.Id));
            }

            if (Tally.Bytes + pieces.Sum(Size) > mostBytes) return Task.FromResult(new Accepted(Acceptance.Full, null));
            if (batch is not null) _batches[batch.Id] = new(batch, _place);
            foreach (var work in pieces)
            {
                var piece = new Piece(work, ++_place);
                _pieces[work.Id] = piece;
                Tally.Move(work.Route, null, DeferredState.Waiting, bytes: piece.Bytes = Size(work));
                Waiting(work.Route).Add(piece);
                _due.Enqueue(piece, work.Deadline);
                _byAge.Enqueue(piece);
            }

            return Task.FromResult(new Accepted(Acceptance.Kept, batch?.Id ?? pieces[0].Id));
        }
    }

    /// <inheritdoc/>
    public void Withdraw(IReadOnlyList<DeferredWork> pieces, DeferredBatch? batch)
    {
        lock (_lock)
        {
            foreach (var work in pieces)
            {
                if (_pieces.TryGetValue(work.Id, out var piece)) Forget_NeedsLock(piece);
            }

            if (batch is not null) _batches.Remove(batch.Id);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<DeferredWork>> ClaimAsync(IReadOnlyList<LaneRoom> lanes, int most, DateTimeOffset now)
    {
        lock (_lock)
        {
            var next = lanes.SelectMany(lane => Waiting(lane.Lane).Where(piece => piece.NotBefore is null || piece.NotBefore <= now).Take(Math.Min(lane.Room, most)))
                .Order(Piece.ByTurn).Take(most).ToList();
            foreach (var piece in next)
            {
                Waiting(piece.Work.Route).Remove(piece);
                piece.Work = piece.Work with { Lease = piece.Work.Lease + 1 };
                Turn_NeedsLock(piece, DeferredState.Running);
            }

            return Task.FromResult<IReadOnlyList<DeferredWork>>([.. next.Select(piece => piece.Work)]);
        }
    }

    /// <inheritdoc/>
    public Task PutBackAsync(DeferredWork piece, DateTimeOffset notBefore, int tries)
    {
        lock (_lock)
        {
            if (Claimed_NeedsLock(piece) is { } mine)
            {
                mine.Work = mine.Work with { Tries = tries };
                mine.NotBefore = notBefore;
                Turn_NeedsLock(mine, DeferredState.Waiting);
                Waiting(piece.Route).Add(mine);
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<bool> FinishAsync(DeferredWork piece, DeferredState state, DeferredAnswer? answer, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (Claimed_NeedsLock(piece) is not { } mine) return Task.FromResult(false);
            End_NeedsLock(mine, state, answer, now);
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task<bool> EndAsync(string id, DeferredState state, DeferredAnswer? answer, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (!_pieces.TryGetValue(id, out var piece) || piece.State.IsOver()) return Task.FromResult(false);
            End_NeedsLock(piece, state, answer, now);
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<DeferredWork>> PeekAsync(string lane, int most)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<DeferredWork>>(
                [.. _pieces.Values.Where(piece => piece.Work.Route == lane && piece.Work.Batch is null && !piece.State.IsOver()).Order(Piece.ByTurn).Take(most).Select(piece => piece.Work)]);
        }
    }

    /// <inheritdoc/>
    public Task<DeferredView?> FindAsync(string id)
    {
        lock (_lock) return Task.FromResult(_pieces.TryGetValue(id, out var piece) ? View_NeedsLock(piece) : null);
    }

    /// <inheritdoc/>
    public Task<DeferredState?> CancelAsync(string id, string owner, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (!_pieces.TryGetValue(id, out var piece) || piece.Work.Owner != owner) return Task.FromResult<DeferredState?>(null);
            if (!piece.State.IsOver()) End_NeedsLock(piece, DeferredState.Cancelled, null, now);
            return Task.FromResult<DeferredState?>(piece.State);
        }
    }

    /// <inheritdoc/>
    public Task<bool> ForgetAsync(string id, string owner)
    {
        lock (_lock)
        {
            if (!_pieces.TryGetValue(id, out var piece) || piece.Work.Owner != owner || !piece.State.IsOver()) return Task.FromResult(false);
            Forget_NeedsLock(piece);
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task<int> SweepAsync(DateTimeOffset now, int most)
    {
        lock (_lock)
        {
            var swept = 0;
            while (swept < most && _due.TryPeek(out var piece, out var at) && at <= now)
            {
                _due.Dequeue();
                if (!_pieces.ContainsKey(piece.Work.Id)) continue;
                if (!piece.State.IsOver()) End_NeedsLock(piece, DeferredState.Expired, null, now);
                else if (piece.ExpiresAt <= now) Forget_NeedsLock(piece);
                else continue;
                swept++;
            }

            foreach (var batch in _batches.Values.Where(batch => batch.Batch.KeptUntil <= now).ToList()) _batches.Remove(batch.Batch.Id);
            return Task.FromResult(swept);
        }
    }

    /// <inheritdoc/>
    public Task<DateTimeOffset?> OldestWaitingAsync()
    {
        lock (_lock)
        {
            while (_byAge.TryPeek(out var piece) && piece.State.IsOver()) _byAge.Dequeue();
            return Task.FromResult(_byAge.TryPeek(out var oldest) ? oldest.Work.AcceptedAt : (DateTimeOffset?)null);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<DeferredNews>> NewsAsync(DateTimeOffset now, int most)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<DeferredNews>>(
                [.. _pieces.Values.Where(piece => piece.TellAt <= now).OrderBy(piece => piece.TellAt).ThenBy(piece => piece.Place).Take(most)
                    .Select(piece => new DeferredNews(piece.Work.Id, piece.Work.Owner, piece.Work.Route, piece.State, piece.FinishedAt!.Value, piece.TellTries))]);
        }
    }

    /// <inheritdoc/>
    public Task ToldAsync(string id) => Tell(id, null, 0);

    /// <inheritdoc/>
    public Task TellLaterAsync(string id, DateTimeOffset due, int tries) => Tell(id, due, tries);

    /// <inheritdoc/>
    public Task<BatchView?> FindBatchAsync(string id, string owner)
    {
        lock (_lock) return Task.FromResult(Batch_NeedsLock(id, owner) is { } batch ? View_NeedsLock(batch) : null);
    }

    /// <inheritdoc/>
    public Task<BatchPage> ListBatchesAsync(string owner, string? afterId, string? beforeId, int most)
    {
        lock (_lock)
        {
            var all = _batches.Values.Where(batch => batch.Batch.Owner == owner).OrderByDescending(batch => batch.Place).ToList();
            var from = afterId is null ? 0 : all.FindIndex(batch => batch.Batch.Id == afterId) + 1;
            var to = beforeId is null ? all.Count : all.FindIndex(batch => batch.Batch.Id == beforeId);
            if (to < 0 || (afterId is not null && from == 0)) return Task.FromResult(new BatchPage([], HasMore: false));
            if (beforeId is not null) from = Math.Max(from, to - most);
            var page = all[from..Math.Min(to, from + most)];
            return Task.FromResult(new BatchPage([.. page.Select(View_NeedsLock)], beforeId is null ? from + most < to : from > 0));
        }
    }

    /// <inheritdoc/>
    public Task<int> CancelLaneAsync(string lane, int most, DateTimeOffset now)
    {
        lock (_lock)
        {
            var waiting = _pieces.Values.Where(piece => piece.State == DeferredState.Waiting && piece.Work.Route == lane).Take(most).ToList();
            foreach (var piece in waiting) End_NeedsLock(piece, DeferredState.Cancelled, null, now);
            return Task.FromResult(waiting.Count);
        }
    }

    /// <inheritdoc/>
    public Task<BatchView?> CancelBatchAsync(string id, string owner, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (Batch_NeedsLock(id, owner) is not { } batch) return Task.FromResult<BatchView?>(null);
            if (batch.EndedAt is null)
            {
                batch.CancelledAt ??= now;
                foreach (var piece in PiecesOf_NeedsLock(batch).Where(piece => piece.State == DeferredState.Waiting).ToList()) End_NeedsLock(piece, DeferredState.Cancelled, null, now);
            }

            return Task.FromResult<BatchView?>(View_NeedsLock(batch));
        }
    }

    /// <inheritdoc/>
    public Task<bool> ForgetBatchAsync(string id, string owner)
    {
        lock (_lock)
        {
            if (Batch_NeedsLock(id, owner) is not { EndedAt: not null } batch) return Task.FromResult(false);
            foreach (var piece in PiecesOf_NeedsLock(batch).ToList()) Forget_NeedsLock(piece);
            return Task.FromResult(_batches.Remove(id));
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<BatchResult>> ResultsAsync(string id, long after, int most)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<BatchResult>>(
                [.. _pieces.Values.Where(piece => piece.Work.Batch == id && piece.Place > after && piece.State.IsOver()).OrderBy(piece => piece.Place).Take(most)
                    .Select(piece => new BatchResult(piece.Place, piece.State, piece.CustomId ?? "", piece.Answer))]);
        }
    }

    private static long Size(DeferredWork work) => work.RequestSensitive?.BodySensitive.Length ?? 0;

    private SortedSet<Piece> Waiting(string lane)
    {
        if (!_lanes.TryGetValue(lane, out var waiting)) _lanes[lane] = waiting = new(Piece.ByTurn);
        return waiting;
    }

    private Piece? Claimed_NeedsLock(DeferredWork work) =>
        _pieces.TryGetValue(work.Id, out var piece) && piece.State == DeferredState.Running && piece.Work.Lease == work.Lease ? piece : null;

    private void Turn_NeedsLock(Piece piece, DeferredState to, long bytes = 0)
    {
        Tally.Move(piece.Work.Route, piece.State, to, bytes: bytes);
        piece.State = to;
        piece.Bytes += bytes;
    }

    private void End_NeedsLock(Piece piece, DeferredState state, DeferredAnswer? answer, DateTimeOffset now)
    {
        Waiting(piece.Work.Route).Remove(piece);
        Turn_NeedsLock(piece, state, (answer?.BodySensitive.Length ?? 0) - piece.Bytes);
        piece.Work = piece.Work with { RequestSensitive = null };
        piece.Answer = answer;
        piece.FinishedAt = now;
        piece.ExpiresAt = (piece.Work.Batch is null ? now : piece.Work.AcceptedAt) + piece.Work.Keep;
        _due.Enqueue(piece, piece.ExpiresAt.Value);
        if (piece.Work.Tells) piece.TellAt = now;
        if (piece.Work.Batch is { } id && _batches.TryGetValue(id, out var batch) && PiecesOf_NeedsLock(batch).All(part => part.State.IsOver())) batch.EndedAt ??= now;
    }

    private void Forget_NeedsLock(Piece piece)
    {
        Waiting(piece.Work.Route).Remove(piece);
        _pieces.Remove(piece.Work.Id);
        Tally.Move(piece.Work.Route, piece.State, null, bytes: -piece.Bytes);
    }

    private Task Tell(string id, DateTimeOffset? due, int tries)
    {
        lock (_lock)
        {
            if (_pieces.TryGetValue(id, out var piece)) (piece.TellAt, piece.TellTries) = (due, tries);
        }

        return Task.CompletedTask;
    }

    private BatchRow? Batch_NeedsLock(string id, string owner) => _batches.TryGetValue(id, out var batch) && batch.Batch.Owner == owner ? batch : null;

    private IEnumerable<Piece> PiecesOf_NeedsLock(BatchRow batch) => _pieces.Values.Where(piece => piece.Work.Batch == batch.Batch.Id);

    private BatchView View_NeedsLock(BatchRow batch)
    {
        var counts = new long[DeferredStates.All.Count];
        foreach (var piece in PiecesOf_NeedsLock(batch)) counts[(int)piece.State]++;
        return new(batch.Batch, batch.CancelledAt, batch.EndedAt, counts);
    }

    private DeferredView View_NeedsLock(Piece piece) => new()
    {
        Id = piece.Work.Id,
        Owner = piece.Work.Owner,
        State = piece.State,
        Route = piece.Work.Route,
        Protocol = piece.Work.Protocol,
        Model = piece.Work.Model,
        AcceptedAt = piece.Work.AcceptedAt,
        Deadline = piece.Work.Deadline,
        FinishedAt = piece.FinishedAt,
        ExpiresAt = piece.ExpiresAt,
        NotBefore = piece.State == DeferredState.Waiting ? piece.NotBefore : null,
        Tries = piece.Work.Tries,
        Ahead = piece.State == DeferredState.Waiting ? Waiting(piece.Work.Route).TakeWhile(other => other != piece).Take(DeferredView.MostAhead).Count() : null,
        AnswerSensitive = piece.Answer,
    };

    private sealed class Piece(DeferredWork work, long place)
    {
        public static Comparer<Piece> ByTurn { get; } = Comparer<Piece>.Create(
            (one, other) => one.Work.Priority != other.Work.Priority ? other.Work.Priority.CompareTo(one.Work.Priority) : one.Place.CompareTo(other.Place));

        public long Place { get; } = place;

        public string? CustomId { get; } = work.RequestSensitive?.CustomIdSensitive;

        public DeferredWork Work { get; set; } = work;

        public DeferredState State { get; set; }

        public DateTimeOffset? NotBefore { get; set; }

        public DateTimeOffset? FinishedAt { get; set; }

        public DateTimeOffset? ExpiresAt { get; set; }

        public DateTimeOffset? TellAt { get; set; }

        public int TellTries { get; set; }

        public DeferredAnswer? Answer { get; set; }

        public long Bytes { get; set; }
    }

    private sealed class BatchRow(DeferredBatch batch, long place)
    {
        public DeferredBatch Batch { get; } = batch;

        public long Place { get; } = place;

        public DateTimeOffset? CancelledAt { get; set; }

        public DateTimeOffset? EndedAt { get; set; }
    }
}
