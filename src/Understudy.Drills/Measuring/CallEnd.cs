namespace Understudy.Drills.Measuring;

/// <summary>How a call ended, as its client saw it.</summary>
public enum ClientOutcome
{
    /// <summary>A whole answer.</summary>
    Answered,

    /// <summary>A whole answer that is less than what was asked for, and says so.</summary>
    Degraded,

    /// <summary>An error and no answer.</summary>
    Failed,

    /// <summary>Half an answer, then an error.</summary>
    Cut,

    /// <summary>A promise that it is answered later.</summary>
    Deferred,

    /// <summary>An honest word that nobody can answer now.</summary>
    Notice,
}

/// <summary>How a call ended.</summary>
/// <param name="Outcome">What the client got.</param>
/// <param name="ServedBy"><c>provider/model</c>; null where nobody did.</param>
/// <param name="FirstToken">From the call's arrival to the first token; for an answer that is not streamed, to its end less the time its tokens take. Null where none came.</param>
public readonly record struct CallEnd(ClientOutcome Outcome, string? ServedBy, TimeSpan? FirstToken)
{
    /// <summary>The error's status; 0 where there was none: no connection, a clock, half an answer.</summary>
    public int Status { get; init; }
}
