using System.Text.Json;
using System.Text.Json.Serialization;

namespace Understudy.Simulator.Faults;

/// <summary>A body may be written as a text or as the JSON it is to be.</summary>
internal sealed class BodyConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String) return reader.GetString();
        using var document = JsonDocument.ParseValue(ref reader);
        return document.RootElement.GetRawText();
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
