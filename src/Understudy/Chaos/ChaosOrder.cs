namespace Understudy.Chaos;

/// <summary>An experiment as an operator ordered it. It always has an end.</summary>
public sealed record ChaosOrder
{
    /// <summary>A provider's name, or a target as <c>provider/model</c>.</summary>
    public required string What { get; init; }

    /// <summary>What goes wrong.</summary>
    public required ChaosFault Fault { get; init; }

    /// <summary>The share of requests that are hit, of those that the filters let through: above 0, to 1. Default 1.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Only calls of this route; null for every route that allows it.</summary>
    public string? Route { get; init; }

    /// <summary>Only calls of this client; null for all.</summary>
    public string? Client { get; init; }

    /// <summary>Only calls that send this header; null for all.</summary>
    public string? Header { get; init; }

    /// <summary>With <see cref="Header"/>: only where it has this value; null for any.</summary>
    public string? HeaderValue { get; init; }

    /// <summary>When it begins.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>When it ends, at the latest.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>The share of its routes' calls without an answer above which it ends by itself. Default 0.05.</summary>
    public double AbortAbove { get; init; } = 0.05;

    /// <summary>Who ordered it.</summary>
    public required string Who { get; init; }

    /// <summary>Why.</summary>
    public required string Why { get; init; }
}
