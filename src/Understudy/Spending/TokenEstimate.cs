using Understudy.Wires;

namespace Understudy.Spending;

/// <summary>How many tokens a call will probably take.</summary>
/// <param name="Input">Tokens of the question.</param>
/// <param name="Output">Tokens of the answer.</param>
public readonly record struct TokenEstimate(long Input, long Output)
{
    /// <summary>The largest question that any model takes: where an image makes a body huge, its bytes say nothing of tokens.</summary>
    public const long MostInput = 1_000_000;

    /// <summary>As tokens that were used, none of them from a cache.</summary>
    public Usage Usage => new(Input, 0, 0, Output, 0);
}
