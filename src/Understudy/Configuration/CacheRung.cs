namespace Understudy.Configuration;

/// <summary>A rung that answers with what the same question was answered before.</summary>
public sealed record CacheRung : RungModel
{
    /// <summary>How old an answer may be when the rungs above are gone. Default 24 h.</summary>
    public TimeSpan MaxStale { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How old an answer may be to be given at once, before any model is asked; null for never. Default null.</summary>
    public TimeSpan? Fresh { get; init; }

    /// <summary>Whether <see cref="Fresh"/> holds for calls that sample too, those without <c>temperature: 0</c>. Default false.</summary>
    public bool Sampled { get; init; }

    /// <summary>Whether one client may get what another was answered. Default false.</summary>
    public bool Shared { get; init; }

    /// <summary>What is added to a stale answer for its reader, <c>{age}</c> being its age; null for nothing. Default null.</summary>
    public string? Note { get; init; }
}
