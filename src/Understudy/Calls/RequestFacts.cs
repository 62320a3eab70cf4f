namespace Understudy.Calls;

/// <summary>What the engine needs to know of a request's body, found without building a document.</summary>
/// <param name="ModelStart">Where the value of <c>model</c> begins in the body, its quote included; -1 where there is none.</param>
/// <param name="ModelLength">Its length, both quotes included.</param>
/// <param name="Stream">Whether <c>stream</c> is true.</param>
/// <param name="MaxTokens">The answer's token limit; 0 where none is given.</param>
/// <param name="Reasoning">Whether the caller asked for reasoning, so that a first word may take longer.</param>
/// <param name="HasTools">Whether tools are offered.</param>
public readonly record struct RequestFacts(
    int ModelStart, int ModelLength, bool Stream, long MaxTokens, bool Reasoning, bool HasTools)
{
    /// <summary>Whether the vendor is to keep the conversation between the turns (Anthropic's <c>thread</c>).</summary>
    public bool Thread { get; init; }
}
