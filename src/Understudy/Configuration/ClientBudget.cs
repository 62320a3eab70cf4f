namespace Understudy.Configuration;

/// <summary>What one client may spend. A cap that is null is not set.</summary>
public sealed record ClientBudget
{
    /// <summary>US dollars in a day (UTC).</summary>
    public decimal? UsdPerDay { get; init; }

    /// <summary>US dollars in a calendar month (UTC).</summary>
    public decimal? UsdPerMonth { get; init; }
}
