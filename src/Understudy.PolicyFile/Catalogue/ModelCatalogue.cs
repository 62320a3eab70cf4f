using System.Text.Json;

namespace Understudy.PolicyFile.Catalogue;

/// <summary>What is known of the models: prices, limits, abilities, and which can stand in for which. Ships with the program.</summary>
public sealed class ModelCatalogue
{
    private static readonly Lazy<ModelCatalogue> _shipped = new(ReadShipped);

    private ModelCatalogue(IReadOnlyList<CatalogueModel> models, DateOnly asOf)
    {
        Models = models;
        AsOf = asOf;
    }

    /// <summary>The catalogue that is part of this program.</summary>
    public static ModelCatalogue Shipped => _shipped.Value;

    /// <summary>All models; within a vendor's tier the one that stands in for others comes first.</summary>
    public IReadOnlyList<CatalogueModel> Models { get; }

    /// <summary>The day on which prices and limits were true.</summary>
    public DateOnly AsOf { get; }

    /// <summary>The model that a name means, dated and otherwise written names included; null for an unknown one.</summary>
    /// <param name="modelId">As a client sends it, for instance <c>claude-sonnet-4-5-20250929</c>.</param>
    public CatalogueModel? Find(string modelId)
    {
        CatalogueModel? best = null;
        var bestSpecificity = 0;
        foreach (var model in Models)
        {
            var specificity = model.Match.Specificity(modelId);
            if (specificity <= bestSpecificity) continue;
            best = model;
            bestSpecificity = specificity;
        }
        return best;
    }

    /// <summary>The model of <paramref name="vendor"/> that can stand in for <paramref name="modelId"/>; null where the model or the vendor is unknown.</summary>
    /// <param name="modelId">The model that was asked for.</param>
    /// <param name="vendor"><c>anthropic</c>, <c>openai</c> or <c>google</c>, or another vendor of the catalogue.</param>
    public CatalogueModel? EquivalentOf(string modelId, string vendor) =>
        Find(modelId) is not { Tier: { } tier } model ? null
        : model.Vendor == vendor ? model
        : BestOf(vendor, tier);

    /// <summary>
    /// The model of a vendor for a tier: the first that is not a preview, takes chat and is known to call tools; of
    /// the next tier where it has none; null for an unknown vendor.
    /// </summary>
    public CatalogueModel? BestOf(string vendor, ModelTier tier)
    {
        ReadOnlySpan<ModelTier> order = tier switch
        {
            ModelTier.Flagship => [ModelTier.Flagship, ModelTier.Balanced, ModelTier.Small],
            ModelTier.Balanced => [ModelTier.Balanced, ModelTier.Flagship, ModelTier.Small],
            ModelTier.Small => [ModelTier.Small, ModelTier.Balanced, ModelTier.Flagship],
        };
        foreach (var wanted in order)
        {
            if (Models.FirstOrDefault(model => model.Vendor == vendor && model.Tier == wanted && CanStandIn(model)) is { } found) return found;
        }
        return null;
    }

    /// <summary>The vendor whose family a name belongs to, also where the very model is unknown: <c>claude-next</c> is Anthropic's.</summary>
    /// <param name="modelIdOrPattern">A model's name, or a route's pattern; only what stands before the first <c>*</c> counts.</param>
    public string? VendorOf(string modelIdOrPattern)
    {
        var start = modelIdOrPattern.Split('*')[0];
        if (start.StartsWith("claude", StringComparison.OrdinalIgnoreCase)) return "anthropic";
        if (start.StartsWith("gemini", StringComparison.OrdinalIgnoreCase)) return "google";
        string[] openAI = ["gpt-", "o1", "o3", "o4", "chatgpt", "codex"];
        if (Array.Exists(openAI, family => start.StartsWith(family, StringComparison.OrdinalIgnoreCase))) return "openai";
        return modelIdOrPattern == start ? Find(start)?.Vendor : null;
    }

    // What no source vouches for yet must not be what saves a call.
    private bool CanStandIn(CatalogueModel model) =>
        model.Mode == "chat" && model.Tools == true
        && !model.Id.Contains("preview", StringComparison.Ordinal)
        && (model.DeprecatedFrom is not { } day || day > AsOf);

    private static ModelCatalogue ReadShipped()
    {
        using var stream = typeof(ModelCatalogue).Assembly.GetManifestResourceStream("models.json")
            ?? throw new InvalidOperationException("The catalogue is not in the assembly.");
        using var document = JsonDocument.Parse(stream);
        var root = document.RootElement;
        return new(
            [.. root.GetProperty("models").EnumerateArray().Select(Read)],
            DateOnly.ParseExact(root.GetProperty("_origin").GetProperty("as_of").GetString()!, "yyyy-MM-dd"));
    }

    private static CatalogueModel Read(JsonElement model) => new()
    {
        Id = model.GetProperty("id").GetString()!,
        Vendor = model.GetProperty("provider").GetString()!,
        Tier = Text(model, "tier") is { } tier ? Enum.Parse<ModelTier>(tier, ignoreCase: true) : null,
        Mode = Text(model, "mode")!,
        Price = PriceReading.Read(model),
        ContextWindow = Number(model, "context_window") is { } window ? (int)window : null,
        MaxOutputTokens = Number(model, "max_output_tokens") is { } output ? (int)output : null,
        Tools = Flag(model, "supports_tools"),
        Vision = Flag(model, "supports_vision"),
        Reasoning = Flag(model, "supports_reasoning"),
        DeprecatedFrom = Text(model, "deprecation_date") is { } day ? DateOnly.ParseExact(day, "yyyy-MM-dd") : null,
        Match = ModelMatch.Read(model.GetProperty("match")),
    };

    private static string? Text(JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static decimal? Number(JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDecimal() : null;

    private static bool? Flag(JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : null;
}
