namespace Understudy.Overrides;

/// <summary>What an operator can order.</summary>
public enum OverrideKind
{
    /// <summary>Nothing more is sent there, retries included; what is under way may be broken off.</summary>
    Kill,

    /// <summary>Nothing more is sent there; what is under way ends by itself.</summary>
    Drain,
}

/// <summary>An operator's order in force. It stands above what the engine would decide by itself, and ends by its time or by a revival.</summary>
public sealed record Override
{
    /// <summary>A provider's name, a target as <c>provider/model</c>, or <c>all</c>.</summary>
    public required string What { get; init; }

    /// <summary>What was ordered.</summary>
    public required OverrideKind Kind { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who ordered it.</summary>
    public required string Who { get; init; }

    /// <summary>Why.</summary>
    public required string Why { get; init; }

    /// <summary>When it ends by itself; null for never.</summary>
    public DateTimeOffset? Until { get; init; }
}
