using System.Text.Json;

namespace Understudy.Simulator.Vendors;

/// <summary>
/// The first thing wrong with a request. Readers go on reading after a mistake, so that they need no way out of the
/// middle; only the first mistake is told, as the vendors do.
/// </summary>
internal sealed class Refusals
{
    public ApiError? First { get; private set; }

    public bool Any => First is not null;

    public void Add(ApiError error) => First ??= error;

    /// <summary>A member that is there and not null.</summary>
    public static bool Has(JsonElement parent, string name, out JsonElement value)
    {
        value = default;
        return parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;
    }

    /// <summary>A text member, or null.</summary>
    public static string? Text(JsonElement parent, string name) =>
        Has(parent, name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A list member's entries, or none.</summary>
    public static IEnumerable<JsonElement> List(JsonElement parent, string name) =>
        Has(parent, name, out var value) && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [];

    /// <summary>A whole number, or null when there is none or it is of another kind.</summary>
    public static int? Whole(JsonElement parent, string name) =>
        Has(parent, name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;

    /// <summary>True only for a literal true.</summary>
    public static bool Flag(JsonElement parent, string name) => Has(parent, name, out var value) && value.ValueKind == JsonValueKind.True;
}
