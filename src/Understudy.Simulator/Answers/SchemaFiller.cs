using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Understudy.Simulator.Answers;

/// <summary>Makes the JSON a schema asks for: every required property, strings out of the given words, the rest by the seed.</summary>
internal sealed class SchemaFiller(SimulatorChance chance, IReadOnlyList<string> words)
{
    private const int DeepEnough = 12;

    private static readonly JsonWriterOptions Raw = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private JsonElement _root;
    private int _word;

    public string Fill(JsonElement schema)
    {
        _root = schema;
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Raw))
        {
            if (schema.ValueKind == JsonValueKind.Object) Write(json, schema, depth: 0);
            else json.WriteRawValue("{}");
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    private void Write(Utf8JsonWriter json, JsonElement schema, int depth)
    {
        if (schema.ValueKind != JsonValueKind.Object || depth > DeepEnough)
        {
            json.WriteNullValue();
            return;
        }

        if (schema.TryGetProperty("$ref", out var reference) && Resolve(reference.GetString()) is { } target) Write(json, target, depth + 1);
        else if (schema.TryGetProperty("const", out var only)) only.WriteTo(json);
        else if (schema.TryGetProperty("enum", out var values) && values.ValueKind == JsonValueKind.Array && values.GetArrayLength() > 0) values[0].WriteTo(json);
        else if (FirstOf(schema, "anyOf") is { } any) Write(json, any, depth + 1);
        else if (FirstOf(schema, "oneOf") is { } one) Write(json, one, depth + 1);
        else if (FirstOf(schema, "allOf") is { } all) Write(json, all, depth + 1);
        else WriteTyped(json, schema, depth);
    }

    private void WriteTyped(Utf8JsonWriter json, JsonElement schema, int depth)
    {
        switch (TypeOf(schema))
        {
            case "object":
                WriteObject(json, schema, depth);
                break;
            case "array":
                json.WriteStartArray();
                if (schema.TryGetProperty("items", out var items))
                {
                    for (var i = 0; i < Math.Max(1, Number(schema, "minItems", 1)); i++) Write(json, items, depth + 1);
                }

                json.WriteEndArray();
                break;
            case "integer":
                json.WriteNumberValue((long)Number(schema, "minimum", 1) + chance.Next((int)Math.Clamp(Number(schema, "maximum", 100) - Number(schema, "minimum", 1), 1, 1000)));
                break;
            case "number":
                json.WriteNumberValue(Number(schema, "minimum", 1) + chance.Next(4) * 0.25);
                break;
            case "boolean":
                json.WriteBooleanValue(chance.Next(2) == 0);
                break;
            case "null":
                json.WriteNullValue();
                break;
            default:
                json.WriteStringValue(Format(schema));
                break;
        }
    }

    private void WriteObject(Utf8JsonWriter json, JsonElement schema, int depth)
    {
        json.WriteStartObject();
        if (schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object)
        {
            var required = schema.TryGetProperty("required", out var names) && names.ValueKind == JsonValueKind.Array
                ? names.EnumerateArray().Select(name => name.GetString()).ToHashSet()
                : [];
            foreach (var property in properties.EnumerateObject())
            {
                if (!required.Contains(property.Name)) continue;
                json.WritePropertyName(property.Name);
                Write(json, property.Value, depth + 1);
            }
        }

        json.WriteEndObject();
    }

    private string Format(JsonElement schema) => schema.TryGetProperty("format", out var format) ? format.GetString() switch
    {
        "date-time" => "2026-11-22T12:00:00Z",
        "date" => "2026-11-22",
        "time" => "12:00:00Z",
        "email" => "someone@example.com",
        "uri" => "https://example.com/",
        "uuid" => "123e4567-e89b-42d3-a456-426614174000",
        "ipv4" => "192.0.2.1",
        _ => NextWord(),
    } : NextWord();

    private string NextWord() => words.Count == 0 ? "text" : words[_word++ % words.Count];

    // Gemini writes its types in capitals; a list of types means "one of them", and null is the dullest.
    private static string? TypeOf(JsonElement schema)
    {
        if (!schema.TryGetProperty("type", out var type)) return schema.TryGetProperty("properties", out _) ? "object" : null;
        if (type.ValueKind != JsonValueKind.Array) return type.GetString()?.ToLowerInvariant();
        return type.EnumerateArray().Select(name => name.GetString()).FirstOrDefault(name => name != "null");
    }

    private static JsonElement? FirstOf(JsonElement schema, string name) =>
        schema.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0 ? list[0] : null;

    private static double Number(JsonElement schema, string name, double otherwise) =>
        schema.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : otherwise;

    private JsonElement? Resolve(string? pointer)
    {
        if (pointer is null || !pointer.StartsWith('#')) return null;
        var at = _root;
        foreach (var step in pointer.Split('/').Skip(1))
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(step, out at)) return null;
        }

        return at;
    }
}
