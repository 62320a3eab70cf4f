namespace Understudy.Configuration;

/// <summary>When a second target is asked beside one that is slow to its first content. A route without it never hedges.</summary>
public sealed record HedgeModel
{
    /// <summary>
    /// After how long, as a quantile of the target's own times to the first content for requests of that size: of 0.95, one
    /// call in twenty is slower. Ignored where <see cref="After"/> is given. Default 0.95.
    /// </summary>
    public double Quantile { get; init; } = 0.95;

    /// <summary>After how long, as a fixed time; null for the quantile. Default null.</summary>
    public TimeSpan? After { get; init; }

    /// <summary>Hedges as a share of the route's calls, at the most. Default 0.05.</summary>
    public double Share { get; init; } = 0.05;

    /// <summary>Whether the same target is asked a second time where there is no other. Default false.</summary>
    public bool SameTarget { get; init; }
}
