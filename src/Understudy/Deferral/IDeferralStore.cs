namespace Understudy.Deferral;

/// <summary>
/// Where accepted work outlives the process. A seam of its own: SQLite for one gateway, PostgreSQL for several (decision
/// 0014), memory for drills. Every method is one step that happens whole or not at all.
/// </summary>
/// <remarks>
/// Trouble of the store is <see cref="Acceptance.Trouble"/> on accepting, nothing to do on claiming, and
/// <see cref="DeferralTroubleException"/> where a question can't be answered.
/// </remarks>
public interface IDeferralStore
{
    /// <summary>What it holds, by state and lane; counted as it changes, so asking costs nothing.</summary>
    DeferralTally Tally { get; }

    /// <summary>Takes pieces in: all of them or none.</summary>
    /// <param name="pieces">The work.</param>
    /// <param name="batch">The batch that they make up; null for a single piece.</param>
    /// <param name="mostBytes">How much may be kept in all.</param>
    /// <returns>Kept only once it is on disk. With <see cref="DeferredWork.Once"/> known already, the piece of before.</returns>
    Task<Accepted> AcceptAsync(IReadOnlyList<DeferredWork> pieces, DeferredBatch? batch, long mostBytes);

    /// <summary>Takes back what was handed over, as if it had never been: nobody was told that it is kept.</summary>
    void Withdraw(IReadOnlyList<DeferredWork> pieces, DeferredBatch? batch);

    /// <summary>Takes the next pieces to work on: by priority, then by age. They are the caller's until it ends them or puts them back.</summary>
    /// <param name="lanes">How many of which lanes, at the most.</param>
    /// <param name="most">How many of all.</param>
    /// <param name="now">The time.</param>
    Task<IReadOnlyList<DeferredWork>> ClaimAsync(IReadOnlyList<LaneRoom> lanes, int most, DateTimeOffset now);

    /// <summary>Puts a claimed piece back. Written when the trouble is over, where there is some.</summary>
    /// <param name="piece">As it was claimed.</param>
    /// <param name="notBefore">When it may be claimed again.</param>
    /// <param name="tries">Its tries by now.</param>
    Task PutBackAsync(DeferredWork piece, DateTimeOffset notBefore, int tries);

    /// <summary>Ends a claimed piece; its request is forgotten. Written when the trouble is over, where there is some.</summary>
    /// <param name="piece">As it was claimed.</param>
    /// <param name="state">How it ended.</param>
    /// <param name="answer">What came of it; null for nothing.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether this ended it; false where it was over already, or where the store has trouble.</returns>
    Task<bool> FinishAsync(DeferredWork piece, DeferredState state, DeferredAnswer? answer, DateTimeOffset now);

    /// <summary>
    /// Ends a piece that is not over, whoever works on it: somebody else has done it. Written when the trouble is over, where
    /// there is some.
    /// </summary>
    /// <param name="id">The piece.</param>
    /// <param name="state">How it ended.</param>
    /// <param name="answer">What came of it; null for nothing.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether this ended it; false where it was over already, or where the store has trouble.</returns>
    Task<bool> EndAsync(string id, DeferredState state, DeferredAnswer? answer, DateTimeOffset now);

    /// <summary>The first pieces of a lane that are not over, with their requests; none of a batch. Looked at, and not taken.</summary>
    /// <param name="lane">The lane.</param>
    /// <param name="most">How many.</param>
    Task<IReadOnlyList<DeferredWork>> PeekAsync(string lane, int most);

    /// <summary>A piece with what came of it; null where there is none of that id.</summary>
    Task<DeferredView?> FindAsync(string id);

    /// <summary>Cancels a piece that is not over.</summary>
    /// <returns>Where it stands afterwards; null where there is none of that id and owner.</returns>
    Task<DeferredState?> CancelAsync(string id, string owner, DateTimeOffset now);

    /// <summary>Cancels what waits in a lane, the oldest first; what is under way goes on.</summary>
    /// <param name="lane">The lane: a route's name.</param>
    /// <param name="most">How many at once.</param>
    /// <param name="now">The time.</param>
    /// <returns>How many there were.</returns>
    Task<int> CancelLaneAsync(string lane, int most, DateTimeOffset now);

    /// <summary>Forgets a piece that is over.</summary>
    /// <returns>Whether there was one of that id and owner.</returns>
    Task<bool> ForgetAsync(string id, string owner);

    /// <summary>Ends what is overdue and forgets what has been kept for long enough; a part of it at a time.</summary>
    /// <param name="now">The time.</param>
    /// <param name="most">How many pieces at once.</param>
    /// <returns>How many there were; as many as <paramref name="most"/> where there may be more.</returns>
    Task<int> SweepAsync(DateTimeOffset now, int most);

    /// <summary>When the oldest piece that waits was accepted; null where none waits.</summary>
    Task<DateTimeOffset?> OldestWaitingAsync();

    /// <summary>News that are due to be told.</summary>
    Task<IReadOnlyList<DeferredNews>> NewsAsync(DateTimeOffset now, int most);

    /// <summary>News were told, or are not to be told any more.</summary>
    Task ToldAsync(string id);

    /// <summary>News could not be told: they are due again later.</summary>
    Task TellLaterAsync(string id, DateTimeOffset due, int tries);

    /// <summary>A batch with its counts; null where there is none of that id and owner.</summary>
    Task<BatchView?> FindBatchAsync(string id, string owner);

    /// <summary>Batches of an owner, the newest first.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="afterId">Only those that come after this one in the list; null for all.</param>
    /// <param name="beforeId">Only those that come before this one; null for all.</param>
    /// <param name="most">How many.</param>
    Task<BatchPage> ListBatchesAsync(string owner, string? afterId, string? beforeId, int most);

    /// <summary>Ends the pieces of a batch that wait; those under way go on.</summary>
    /// <returns>The batch afterwards; null where there is none of that id and owner.</returns>
    Task<BatchView?> CancelBatchAsync(string id, string owner, DateTimeOffset now);

    /// <summary>Forgets a batch that has ended.</summary>
    /// <returns>Whether there was one of that id and owner that had ended.</returns>
    Task<bool> ForgetBatchAsync(string id, string owner);

    /// <summary>What came of a batch, in the order in which it was asked.</summary>
    /// <param name="id">The batch.</param>
    /// <param name="after">The place of the last one read; 0 at the beginning.</param>
    /// <param name="most">How many.</param>
    Task<IReadOnlyList<BatchResult>> ResultsAsync(string id, long after, int most);
}

/// <summary>How many pieces of a lane may be begun.</summary>
/// <param name="Lane">The lane: a route's name.</param>
/// <param name="Room">How many.</param>
public readonly record struct LaneRoom(string Lane, int Room);

/// <summary>Something to be told: that a piece is over.</summary>
/// <param name="Id">The piece.</param>
/// <param name="Owner">Whose it is.</param>
/// <param name="Route">Its route, whose policy says where the news go.</param>
/// <param name="State">How it ended.</param>
/// <param name="FinishedAt">When.</param>
/// <param name="Tries">How often it was tried to be told.</param>
public sealed record DeferredNews(string Id, string Owner, string Route, DeferredState State, DateTimeOffset FinishedAt, int Tries);
