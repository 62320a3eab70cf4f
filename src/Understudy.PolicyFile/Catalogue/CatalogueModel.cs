using Understudy.Configuration;

namespace Understudy.PolicyFile.Catalogue;

/// <summary>What is known of one model. A null means that no source says, not that it is false.</summary>
public sealed record CatalogueModel
{
    /// <summary>Its name at the vendor, without a date.</summary>
    public required string Id { get; init; }

    /// <summary>Who makes or sells it: <c>anthropic</c>, <c>openai</c>, <c>google</c>, <c>xai</c>, …</summary>
    public required string Vendor { get; init; }

    /// <summary>What it is for; null for an embedding model.</summary>
    public ModelTier? Tier { get; init; }

    /// <summary><c>chat</c>, <c>responses</c> (not to be had over Chat Completions) or <c>embedding</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>What it costs, by size, hour and day; null where no source says.</summary>
    public required PriceModel? Price { get; init; }

    /// <summary>Tokens of question and answer together.</summary>
    public int? ContextWindow { get; init; }

    /// <summary>Tokens of the longest answer.</summary>
    public int? MaxOutputTokens { get; init; }

    /// <summary>Whether it calls tools.</summary>
    public bool? Tools { get; init; }

    /// <summary>Whether it takes images.</summary>
    public bool? Vision { get; init; }

    /// <summary>Whether it reasons before it answers.</summary>
    public bool? Reasoning { get; init; }

    /// <summary>The day from which the vendor no longer serves it; null where none is announced.</summary>
    public DateOnly? DeprecatedFrom { get; init; }

    /// <summary>Which names mean it.</summary>
    internal ModelMatch Match { get; init; } = ModelMatch.Nothing;
}
