namespace Understudy.Drills.Strategies.Rivals;

/// <summary>What a program without a gateway gets of one request.</summary>
public readonly record struct Reply
{
    /// <summary>Whether it is a whole answer.</summary>
    public bool Ok { get; init; }

    /// <summary>Whether the user had seen something of it before it failed: then it cannot be tried again unseen.</summary>
    public bool Shown { get; init; }

    /// <summary>The error's status; 0 where there was none: no connection, a timeout, a cut.</summary>
    public int Status { get; init; }

    /// <summary>What a 429 asks for; null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether it was the caller's own clock that ended it.</summary>
    public bool TimedOut { get; init; }

    /// <summary>Who answered.</summary>
    public string? ServedBy { get; init; }

    /// <summary>When the first token was there, since the drill began; where it is not streamed, its end less the time that its tokens take.</summary>
    public TimeSpan FirstToken { get; init; }

    /// <summary>A call that was not even tried.</summary>
    public static Reply NotTried { get; }
}
