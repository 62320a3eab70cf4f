namespace Understudy.Configuration;

/// <summary>A rung that accepts the work for later and says where the answer will be.</summary>
public sealed record DeferRung : RungModel
{
    /// <summary>How long the work, and then its answer, is kept. Default 24 h.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromHours(24);
}
