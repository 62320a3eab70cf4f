using Understudy.Configuration;

namespace Understudy.Drills.Providers;

/// <summary>What a model costs, in nano-dollars a token: whole numbers, so that a sum does not depend on its order.</summary>
/// <param name="Input">A token of the prompt.</param>
/// <param name="Output">A token of the answer.</param>
public readonly record struct TokenPrice(long Input, long Output)
{
    private const long Million = 1_000_000;

    /// <summary>From what a million tokens cost.</summary>
    public static TokenPrice PerMillion(Usd input, Usd output) => new(input.Nanos / Million, output.Nanos / Million);
}
