namespace Understudy.Drills.Providers;

/// <summary>What a modelled provider needs to know of a request.</summary>
public readonly record struct Question
{
    /// <summary>The model that is asked.</summary>
    public required string Model { get; init; }

    /// <summary>Tokens of the prompt.</summary>
    public required int InputTokens { get; init; }

    /// <summary>Tokens that the whole answer has.</summary>
    public required int OutputTokens { get; init; }

    /// <summary>Whether the answer is streamed.</summary>
    public required bool Stream { get; init; }

    /// <summary>The seed of everything that is left to chance in this request: the same call and attempt meet the same fate under every strategy.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The seed of what stays the same for the whole session.</summary>
    public ulong SessionSeed { get; init; }
}
