namespace Understudy.PolicyFile.Catalogue;

/// <summary>US dollars for one million tokens; null where no source says.</summary>
public sealed record ModelPrice
{
    /// <summary>Tokens of the question.</summary>
    public decimal? Input { get; init; }

    /// <summary>Tokens of the answer.</summary>
    public decimal? Output { get; init; }

    /// <summary>Tokens of the question that were read from the provider's cache.</summary>
    public decimal? CacheRead { get; init; }

    /// <summary>Tokens written to a cache for five minutes (Anthropic).</summary>
    public decimal? CacheWrite5m { get; init; }

    /// <summary>Tokens written to a cache for one hour (Anthropic).</summary>
    public decimal? CacheWrite1h { get; init; }
}
