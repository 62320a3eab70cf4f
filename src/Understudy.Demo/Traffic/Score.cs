namespace Understudy.Demo.Traffic;

/// <summary>What one kind of client has lived through so far.</summary>
internal sealed record Score
{
    /// <summary>Calls begun.</summary>
    public int Calls { get; init; }

    /// <summary>See <see cref="Verdict.Whole"/>.</summary>
    public int Whole { get; init; }

    /// <summary>See <see cref="Verdict.Degraded"/>.</summary>
    public int Degraded { get; init; }

    /// <summary>See <see cref="Verdict.CutShownAsWhole"/>.</summary>
    public int CutShownAsWhole { get; init; }

    /// <summary>See <see cref="Verdict.Wrong"/>.</summary>
    public int Wrong { get; init; }

    /// <summary>See <see cref="Verdict.Error"/>.</summary>
    public int Errors { get; init; }

    /// <summary>See <see cref="Verdict.Hanging"/>.</summary>
    public int Hanging { get; init; }

    /// <summary>Calls that have not ended.</summary>
    public int Waiting => Calls - Whole - Degraded - CutShownAsWhole - Wrong - Errors - Hanging;

    /// <summary>Calls whose client got all it was due.</summary>
    public int Answered => Whole + Degraded;

    /// <summary>The longest wait for a first word, of calls that got one.</summary>
    public TimeSpan SlowestFirstWord { get; init; }

    /// <summary>Tokens of the answers that were got whole, prompts included.</summary>
    public long UsefulTokens { get; init; }
}
