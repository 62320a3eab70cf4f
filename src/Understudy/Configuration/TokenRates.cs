namespace Understudy.Configuration;

/// <summary>What one million tokens cost. A rate that no source states is null: unknown, not free.</summary>
public sealed record TokenRates
{
    /// <summary>Tokens of the question that no cache had.</summary>
    public required Usd Input { get; init; }

    /// <summary>Tokens of the answer, reasoning included.</summary>
    public required Usd Output { get; init; }

    /// <summary>Tokens of the question read from the provider's cache. Null: as <see cref="Input"/>, for a cache never makes it dearer.</summary>
    public Usd? CacheRead { get; init; }

    /// <summary>Tokens of the question written to a cache for the usual five minutes. Null: as <see cref="Input"/>, for where a write has no price of its own it has none.</summary>
    public Usd? CacheWrite { get; init; }

    /// <summary>Tokens written to a cache for an hour (Anthropic). Null: as <see cref="CacheWrite"/>.</summary>
    public Usd? CacheWriteHour { get; init; }

    /// <summary>Rates in dollars for a million tokens.</summary>
    public static TokenRates Of(decimal input, decimal output, decimal? cacheRead = null, decimal? cacheWrite = null, decimal? cacheWriteHour = null) => new()
    {
        Input = Usd.FromDollars(input),
        Output = Usd.FromDollars(output),
        CacheRead = Maybe(cacheRead),
        CacheWrite = Maybe(cacheWrite),
        CacheWriteHour = Maybe(cacheWriteHour),
    };

    private static Usd? Maybe(decimal? dollars) => dollars is { } known ? Usd.FromDollars(known) : null;
}
