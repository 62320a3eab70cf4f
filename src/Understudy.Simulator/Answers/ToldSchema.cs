using System.Text;
using System.Text.Json;

namespace Understudy.Simulator.Answers;

/// <summary>
/// A form that the model is told in words, as those tell it who cannot have it enforced: whoever asks for the rest of half
/// a document, for one. Models obey it.
/// </summary>
internal static class ToldSchema
{
    /// <summary>The schema behind the last mention of one in the request's texts; undefined where there is none.</summary>
    public static JsonElement Find(JsonElement body, ReadOnlySpan<byte> bytes) =>
        bytes.IndexOf("JSON schema"u8) < 0 ? default : In(body);

    private static JsonElement In(JsonElement value)
    {
        var found = default(JsonElement);
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject()) Take(In(member.Value), ref found);
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray()) Take(In(item), ref found);
                break;
            case JsonValueKind.String:
                Take(InText(value.GetString()!), ref found);
                break;
        }

        return found;
    }

    private static void Take(JsonElement schema, ref JsonElement found)
    {
        if (schema.ValueKind == JsonValueKind.Object) found = schema;
    }

    private static JsonElement InText(string text)
    {
        var mention = text.LastIndexOf("JSON schema", StringComparison.Ordinal);
        var start = mention < 0 ? -1 : text.IndexOf('{', mention);
        if (start < 0) return default;
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text[start..]));
        try
        {
            return JsonElement.ParseValue(ref reader);
        }
        catch (JsonException)
        {
            return default; // a text about schemas that holds none
        }
    }
}
