namespace Understudy.HumanReview;

/// <summary>What became of something that a person did to a question.</summary>
/// <param name="Result">What.</param>
/// <param name="Inbox">The question's inbox; null where there is no such question.</param>
/// <param name="By">Who was sooner, where somebody was.</param>
/// <param name="At">When it ended, or until when it is claimed.</param>
/// <param name="End">How it ended, where it has.</param>
public readonly record struct ReviewReply(ReviewResult Result, string? Inbox = null, string? By = null, DateTimeOffset? At = null, ReviewEnd? End = null);

/// <summary>Whether something was done.</summary>
public enum ReviewResult
{
    /// <summary>It was.</summary>
    Done,

    /// <summary>There is no such question.</summary>
    Unknown,

    /// <summary>Somebody else is at it.</summary>
    Claimed,

    /// <summary>It has ended already.</summary>
    Ended,

    /// <summary>The caller reads JSON only, and the answer is none.</summary>
    NotJson,
}
