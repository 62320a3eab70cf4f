namespace Understudy.Overrides;

/// <summary>An operator's order that a route's calls go to one of its targets first. It ends by its time or by a revival.</summary>
public sealed record Pin
{
    /// <summary>The route's name.</summary>
    public required string Route { get; init; }

    /// <summary>The target, as the route's ladder writes it: <c>provider/model</c> or <c>provider/=</c>.</summary>
    public required string Target { get; init; }

    /// <summary>When it was ordered.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who ordered it.</summary>
    public required string Who { get; init; }

    /// <summary>Why.</summary>
    public required string Why { get; init; }

    /// <summary>When it ends: a pin that should stay belongs into the policy.</summary>
    public required DateTimeOffset Until { get; init; }
}
