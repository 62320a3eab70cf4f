using Understudy.Observation;

namespace Understudy.Deferral;

/// <summary>
/// Work that was accepted for later. A promise is given only for what the store has on disk; without a store, or while it
/// has trouble, nothing is accepted. Thread-safe.
/// </summary>
/// <param name="time">The time.</param>
/// <param name="journal">Hears what an operator would want to know.</param>
public sealed class DeferralQueue(TimeProvider time, Journal journal)
{
    /// <summary>How long a caller waits for the disk. A disk that takes longer is as good as none.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly DeferralTally Nothing = new();

    private IDeferralStore? _store;
    private Func<string> _number = WorkIds.Number;
    private long _mostBytes = 4L << 30;
    private int _isFull;

    /// <summary>Told when something was accepted: its lane. In line; hand on.</summary>
    public event Action<string>? Arrived;

    /// <summary>Told when a piece was cancelled: its id. In line; hand on.</summary>
    public event Action<string>? Cancelled;

    /// <summary>Told when what waited in a lane was cancelled: the lane. In line; hand on.</summary>
    public event Action<string>? LaneCancelled;

    /// <summary>Told when a piece was worked on to its end, and that is on disk. In line; hand on.</summary>
    public event Action<string, DeferredState>? Finished;

    /// <summary>The store; null where nothing can be accepted.</summary>
    public IDeferralStore? Store => Volatile.Read(ref _store);

    /// <summary>What it holds.</summary>
    public DeferralTally Tally => Store?.Tally ?? Nothing;

    /// <summary>When the oldest piece that waits was accepted, as far as it was looked up; null where none waits.</summary>
    public DateTimeOffset? OldestWaiting { get; private set; }

    /// <summary>From here on work can be accepted.</summary>
    /// <param name="store">The store.</param>
    /// <param name="number">Gives the ids their numbers; null for ones that nobody can guess. A drill gives its own, to be repeatable.</param>
    public void Attach(IDeferralStore store, Func<string>? number = null)
    {
        if (number is not null) _number = number;
        Volatile.Write(ref _store, store);
        foreach (var lane in store.Tally.Lanes) Arrived?.Invoke(lane);
    }

    /// <summary>Sets how much is kept at the most.</summary>
    public void Bound(long mostBytes) => Volatile.Write(ref _mostBytes, mostBytes);

    /// <summary>An id for a piece or a batch.</summary>
    /// <param name="prefix">One of <see cref="WorkIds"/>.</param>
    public string NewId(string prefix) => prefix + _number();

    /// <summary>Hands pieces over: all are accepted or none.</summary>
    /// <param name="pieces">The work.</param>
    /// <param name="batch">The batch that they make up; null for a single piece.</param>
    /// <returns>Kept only if it is on disk.</returns>
    public async Task<Accepted> AcceptAsync(IReadOnlyList<DeferredWork> pieces, DeferredBatch? batch = null)
    {
        if (Store is not { } store) return new(Acceptance.Trouble, null);
        Accepted accepted;
        try
        {
            accepted = await store.AcceptAsync(pieces, batch, Volatile.Read(ref _mostBytes)).WaitAsync(Patience, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It may yet be written. The caller is told that it is not kept, and so it must not be.
            store.Withdraw(pieces, batch);
            return new(Acceptance.Trouble, null);
        }

        TellWhetherFull(accepted.How);
        if (accepted.How == Acceptance.Kept)
        {
            foreach (var lane in pieces.Select(piece => piece.Route).Distinct(StringComparer.Ordinal)) Arrived?.Invoke(lane);
        }

        return accepted;
    }

    /// <summary>Ends a claimed piece.</summary>
    /// <param name="piece">As it was claimed.</param>
    /// <param name="state">How it ended.</param>
    /// <param name="answer">What came of it; null for nothing.</param>
    public async Task FinishAsync(DeferredWork piece, DeferredState state, DeferredAnswer? answer)
    {
        if (await Store!.FinishAsync(piece, state, answer, time.GetUtcNow()).ConfigureAwait(false)) Finished?.Invoke(piece.Id, state);
    }

    /// <summary>Ends a piece that somebody else than a model has done. What is under way for it is broken off.</summary>
    /// <returns>Whether this ended it; false where a model was sooner, or its owner took it back.</returns>
    public async Task<bool> EndAsync(string id, DeferredState state, DeferredAnswer? answer)
    {
        if (Store is not { } store || !await store.EndAsync(id, state, answer, time.GetUtcNow()).ConfigureAwait(false)) return false;
        Cancelled?.Invoke(id);
        Finished?.Invoke(id, state);
        return true;
    }

    /// <summary>An owner's piece; null where it has none of that id.</summary>
    /// <exception cref="DeferralTroubleException">The store can't say.</exception>
    public async Task<DeferredView?> FindAsync(string id, string owner)
    {
        if (Store is not { } store || !WorkIds.IsOne(id, WorkIds.Work)) return null;
        var found = await store.FindAsync(id).ConfigureAwait(false);
        return found is not null && string.Equals(found.Owner, owner, StringComparison.Ordinal) && !(found.ExpiresAt <= time.GetUtcNow()) ? found : null;
    }

    /// <summary>Takes an owner's piece back; one that is over is forgotten.</summary>
    /// <returns>The piece, as it was if it was over, else as it is now; null where there is none.</returns>
    /// <exception cref="DeferralTroubleException">The store can't say.</exception>
    public async Task<DeferredView?> DeleteAsync(string id, string owner)
    {
        if (await FindAsync(id, owner).ConfigureAwait(false) is not { } found) return null;
        if (found.State.IsOver()) return await Store!.ForgetAsync(id, owner).ConfigureAwait(false) ? found : null;
        if (await Store!.CancelAsync(id, owner, time.GetUtcNow()).ConfigureAwait(false) is null) return null;
        Cancelled?.Invoke(id);
        return await FindAsync(id, owner).ConfigureAwait(false);
    }

    /// <summary>Takes back everything that waits in a lane. Its owners find it cancelled, and hear of it where they are told of ends.</summary>
    /// <param name="lane">The lane: a route's name.</param>
    /// <returns>How many pieces; what was under way goes on.</returns>
    /// <exception cref="DeferralTroubleException">The store takes nothing in.</exception>
    public async Task<int> CancelLaneAsync(string lane)
    {
        const int AtOnce = 500; // a part at a time, for others wait for the same disk
        if (Store is not { } store) return 0;
        int all = 0, some;
        try
        {
            do
            {
                some = await store.CancelLaneAsync(lane, AtOnce, time.GetUtcNow()).ConfigureAwait(false);
                all += some;
            }
            while (some == AtOnce);
        }
        finally
        {
            if (all > 0) LaneCancelled?.Invoke(lane);
        }

        return all;
    }

    /// <summary>Ends what is overdue, forgets what was kept for long enough, and looks how old the oldest piece is; a part of it at a time.</summary>
    /// <returns>Whether there may be more to do at once.</returns>
    public async Task<bool> SweepAsync()
    {
        const int most = 500;
        if (Store is not { } store) return false;
        try
        {
            var swept = await store.SweepAsync(time.GetUtcNow(), most).ConfigureAwait(false);
            OldestWaiting = Tally.Count(DeferredState.Waiting) == 0 ? null : await store.OldestWaitingAsync().ConfigureAwait(false);
            return swept >= most;
        }
        catch (DeferralTroubleException)
        {
            return false; // next time
        }
    }

    private void TellWhetherFull(Acceptance how)
    {
        if (how == Acceptance.Trouble) return;
        var isFull = how == Acceptance.Full ? 1 : 0;
        if (Interlocked.Exchange(ref _isFull, isFull) == isFull) return;
        journal.Tell(new(time.GetUtcNow(), "deferred", "deferred", isFull == 1
            ? "the queue of deferred work is full: nothing more is accepted ('deferred: max_size')"
            : "the queue of deferred work has room again"));
    }
}
