namespace Understudy.Drills.Providers;

/// <summary>What a model costs, in nano-dollars a token: whole numbers, so that a sum does not depend on its order.</summary>
/// <param name="Input">A token of the prompt.</param>
/// <param name="Output">A token of the answer.</param>
public readonly record struct TokenPrice(long Input, long Output)
{
    /// <summary>From dollars for a million tokens.</summary>
    public static TokenPrice PerMillion(decimal input, decimal output) => new((long)(input * 1000), (long)(output * 1000));
}
