namespace Understudy.Configuration;

/// <summary>What a model costs, and when it costs something else: by the size of the question, by the hour, from a day on.</summary>
public sealed record PriceModel
{
    /// <summary>The rates where no condition holds.</summary>
    public required TokenRates Base { get; init; }

    /// <summary>Other rates with their conditions. The last rule that applies wins.</summary>
    public IReadOnlyList<PriceRule> Rules { get; init; } = [];

    /// <summary>The rates of a call that is sent at <paramref name="at"/> with a question of <paramref name="inputTokens"/>, what a cache had included.</summary>
    public TokenRates RatesFor(DateTimeOffset at, long inputTokens)
    {
        for (var i = Rules.Count - 1; i >= 0; i--)
        {
            if (Rules[i].Applies(at, inputTokens)) return Rules[i].Rates;
        }

        return Base;
    }
}

/// <summary>Rates that hold under conditions; one that is not given always holds.</summary>
public sealed record PriceRule
{
    /// <summary>The rates.</summary>
    public required TokenRates Rates { get; init; }

    /// <summary>For questions of more tokens than this. The whole call then costs these rates, not only what is above (so at Anthropic, OpenAI and Google).</summary>
    public long AboveInputTokens { get; init; } = -1;

    /// <summary>From midnight UTC of this day on; null for always.</summary>
    public DateOnly? From { get; init; }

    /// <summary>Every day from this time on (UTC); null for all day.</summary>
    public TimeOnly? DailyFrom { get; init; }

    /// <summary>Every day up to this time (UTC), itself not included; may lie before <see cref="DailyFrom"/>, over midnight.</summary>
    public TimeOnly? DailyTo { get; init; }

    internal bool Applies(DateTimeOffset at, long inputTokens)
    {
        var utc = at.UtcDateTime;
        if (inputTokens <= AboveInputTokens) return false;
        if (From is { } day && DateOnly.FromDateTime(utc) < day) return false;
        return DailyFrom is not { } from || DailyTo is not { } to || TimeOnly.FromDateTime(utc).IsBetween(from, to);
    }
}
