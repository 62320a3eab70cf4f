namespace Understudy.Drills.Providers;

/// <summary>What the provider charges for one request.</summary>
/// <param name="InputTokens">Tokens of the prompt.</param>
/// <param name="OutputTokens">Tokens of the answer, as far as they were generated, seen or not.</param>
/// <param name="NanoDollars">The money.</param>
/// <param name="Whole">Whether a whole answer went out. What is billed for anything else is wasted.</param>
public readonly record struct Bill(int InputTokens, int OutputTokens, long NanoDollars, bool Whole)
{
    /// <summary>All tokens.</summary>
    public int Tokens => InputTokens + OutputTokens;
}
