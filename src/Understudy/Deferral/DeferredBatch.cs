namespace Understudy.Deferral;

/// <summary>Many pieces of work that were handed over together.</summary>
/// <param name="Id">Its id: nobody can guess it.</param>
/// <param name="Owner">Whose it is.</param>
/// <param name="MadeAt">When it was made.</param>
/// <param name="Deadline">When what is not over expires.</param>
/// <param name="KeptUntil">Until when its results can be read.</param>
public sealed record DeferredBatch(string Id, string Owner, DateTimeOffset MadeAt, DateTimeOffset Deadline, DateTimeOffset KeptUntil);

/// <summary>A batch as its owner may see it.</summary>
/// <param name="Batch">The batch.</param>
/// <param name="CancelledAt">When its owner took it back; null where that did not happen.</param>
/// <param name="EndedAt">When its last piece was over; null before.</param>
/// <param name="Counts">How many pieces are in which state, by the state's number.</param>
public sealed record BatchView(DeferredBatch Batch, DateTimeOffset? CancelledAt, DateTimeOffset? EndedAt, IReadOnlyList<long> Counts)
{
    /// <summary>How many pieces are in a state.</summary>
    public long Count(DeferredState state) => Counts[(int)state];
}

/// <summary>Some batches of a list.</summary>
/// <param name="Batches">They.</param>
/// <param name="HasMore">Whether there are more on that side.</param>
public sealed record BatchPage(IReadOnlyList<BatchView> Batches, bool HasMore);

/// <summary>What came of one piece of a batch.</summary>
/// <param name="Place">Its place, for the next page.</param>
/// <param name="State">How it ended.</param>
/// <param name="CustomIdSensitive">The name that its maker gave it.</param>
/// <param name="AnswerSensitive">What came of it; null for nothing.</param>
public sealed record BatchResult(long Place, DeferredState State, string CustomIdSensitive, DeferredAnswer? AnswerSensitive)
{
    /// <summary>A few words without content.</summary>
    public override string ToString() => $"result {Place}: {State.Word()}";
}
