namespace Understudy.Simulator.Answers;

/// <summary>Why the model stopped.</summary>
internal enum StopKind
{
    End,
    MaxTokens,
    StopSequence,
    ToolUse,
}

/// <summary>What the model says, in pieces; one piece is one billed token.</summary>
internal sealed record Answer(IReadOnlyList<AnswerPart> Parts, StopKind Stop, string? StopSequence = null)
{
    public int Tokens => Parts.Sum(part => part.Pieces.Count);

    public int ThinkingTokens => Parts.OfType<ThinkingPart>().Sum(part => part.Pieces.Count);
}

/// <summary>One block of an answer.</summary>
internal abstract record AnswerPart(IReadOnlyList<string> Pieces)
{
    public string Text => string.Concat(Pieces);
}

/// <summary>Reasoning, before anything else.</summary>
internal sealed record ThinkingPart(IReadOnlyList<string> Pieces) : AnswerPart(Pieces);

/// <summary>Text for the user.</summary>
internal sealed record TextPart(IReadOnlyList<string> Pieces) : AnswerPart(Pieces);

/// <summary>A call of a tool; its pieces are its arguments.</summary>
/// <param name="Id">The id without the vendor's prefix.</param>
/// <param name="Tool">The tool.</param>
/// <param name="Pieces">Its arguments.</param>
internal sealed record ToolPart(string Id, OfferedTool Tool, IReadOnlyList<string> Pieces) : AnswerPart(Pieces);
