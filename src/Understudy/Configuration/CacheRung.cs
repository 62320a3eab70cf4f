namespace Understudy.Configuration;

/// <summary>A rung that answers with what the same question was answered before.</summary>
public sealed record CacheRung : RungModel
{
    /// <summary>How old an answer may be. Default 24 h.</summary>
    public TimeSpan MaxStale { get; init; } = TimeSpan.FromHours(24);
}
