namespace Understudy.Configuration;

/// <summary>How the rate limits are used that providers tell of in their headers.</summary>
public sealed record QuotaModel
{
    /// <summary>
    /// The share of a rate limit that is left below which a target is left for another one, before it says 429. Default
    /// 0.05; 0 waits for the 429.
    /// </summary>
    public double LeaveBelow { get; init; } = 0.05;
}
