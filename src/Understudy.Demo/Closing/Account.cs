using Understudy.Demo.Traffic;
using Understudy.Simulator;

namespace Understudy.Demo.Closing;

/// <summary>What one kind of client got, and what its providers counted for it.</summary>
/// <param name="Name">The client.</param>
/// <param name="Score">What it lived through.</param>
/// <param name="Attempts">Calls that its providers received.</param>
/// <param name="Billed">Tokens that they billed.</param>
internal sealed record Account(string Name, Score Score, int Attempts, long Billed)
{
    /// <summary>Tokens that were billed, and of which nobody got a whole answer.</summary>
    public long Wasted => Billed - Score.UsefulTokens;

    /// <summary>Calls whose client got nothing, or not all, or not the right thing.</summary>
    public int Failed => Score.Calls - Score.Answered;

    /// <summary>Adds up.</summary>
    public static Account Of(Tally client, params IEnumerable<ProviderStats> providers)
    {
        var stats = providers.ToList();
        return new(client.Name, client.Score, stats.Sum(provider => provider.Calls), stats.Sum(provider => provider.InputTokens + provider.OutputTokens));
    }
}
