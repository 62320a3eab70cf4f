namespace Understudy.HumanReview;

/// <summary>How the wait for a person ended.</summary>
/// <param name="End">How.</param>
/// <param name="Who">Who ended it; null where nobody did.</param>
public sealed record Verdict(ReviewEnd End, string? Who = null)
{
    /// <summary>The answer; or, of a question that was dropped, what the caller is told. Null where there is neither.</summary>
    public string? TextSensitive { get; init; }

    /// <summary>A few words without content.</summary>
    public override string ToString() => Who is null ? $"{End}" : $"{End} by {Who}";
}

/// <summary>The ways in which the wait for a person ends.</summary>
public enum ReviewEnd
{
    /// <summary>A person answered.</summary>
    Answered,

    /// <summary>A person gave the question back to the ladder.</summary>
    HandedBack,

    /// <summary>A person closed the question without an answer.</summary>
    Dropped,

    /// <summary>Nobody came in time.</summary>
    TimeUp,

    /// <summary>The caller left.</summary>
    Withdrawn,

    /// <summary>The gateway stops.</summary>
    Closed,
}
