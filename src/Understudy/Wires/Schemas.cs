using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Understudy.Wires;

/// <summary>What the vendors' dialects of JSON schema ask for.</summary>
internal static class Schemas
{
    /// <summary>The arguments of a tool that takes free text, for vendors without such tools.</summary>
    public const string FreeText = """{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}""";

    private const string NoArguments = """{"type":"object","properties":{}}""";

    /// <summary>Limits that Anthropic's structured output does not know.</summary>
    private static readonly HashSet<string> NotAtAnthropic = new(StringComparer.Ordinal)
    {
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
        "maxItems", "uniqueItems", "minProperties", "maxProperties", "propertyNames", "patternProperties", "$schema",
    };

    private static readonly HashSet<string> FormatsAtAnthropic = new(StringComparer.Ordinal)
    {
        "date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid",
    };

    /// <summary>A tool's schema as everyone takes it: an object at the top.</summary>
    public static string Arguments(string? schema)
    {
        if (schema is null) return NoArguments;
        using var document = JsonDocument.Parse(schema);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object) return NoArguments;
        if (root.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && JsonText.TextOf(type) == "object") return schema;
        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output, JsonText.Writing);
        json.WriteStartObject();
        json.WriteString("type"u8, "object"u8);
        foreach (var property in root.EnumerateObject())
        {
            if (property.Name != "type") json.WriteAsIs(property);
        }

        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>
    /// A schema as Anthropic's structured output takes it: every object closed, limits moved into the description,
    /// <c>oneOf</c> told as <c>anyOf</c>.
    /// </summary>
    public static string ForAnthropic(string schema)
    {
        using var document = JsonDocument.Parse(schema);
        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output, JsonText.Writing);
        Lower(document.RootElement, json);
        json.Flush();
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static void Lower(JsonElement schema, Utf8JsonWriter json)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            json.WriteAsIs(schema);
            return;
        }

        json.WriteStartObject();
        var limits = new StringBuilder();
        var isObject = false;
        foreach (var property in schema.EnumerateObject())
        {
            var value = property.Value;
            switch (property.Name)
            {
                case "additionalProperties" or "description": break; // written below
                case "minItems" when value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var least) && least <= 1: json.WriteAsIs(property); break;
                case "format" when value.ValueKind == JsonValueKind.String && FormatsAtAnthropic.Contains(JsonText.TextOf(value)): json.WriteAsIs(property); break;
                case "format" or "minItems":
                case var name when NotAtAnthropic.Contains(name):
                    if (property.Name != "$schema") limits.Append(limits.Length == 0 ? "" : ", ").Append(property.Name).Append(": ").Append(value.GetRawText());
                    break;
                case "oneOf" or "anyOf" or "allOf" or "prefixItems":
                    json.WritePropertyName(property.Name == "oneOf" ? "anyOf" : property.Name);
                    LowerAll(value, json);
                    break;
                case "properties" or "$defs" or "definitions":
                    isObject |= property.Name == "properties";
                    json.WritePropertyName(property.Name);
                    LowerMap(value, json);
                    break;
                case "items":
                    json.WritePropertyName(property.Name);
                    Lower(value, json);
                    break;
                default:
                    isObject |= property.Name == "type" && value.ValueKind == JsonValueKind.String && JsonText.TextOf(value) == "object";
                    json.WriteAsIs(property);
                    break;
            }
        }

        var description = schema.TryGetProperty("description", out var told) && told.ValueKind == JsonValueKind.String ? JsonText.TextOf(told) : null;
        if (limits.Length > 0) description = description is null ? $"({limits})" : $"{description} ({limits})";
        if (description is not null) json.WriteString("description"u8, description);
        if (isObject) json.WriteBoolean("additionalProperties"u8, false);
        json.WriteEndObject();
    }

    /// <summary>
    /// A schema in Gemini's OpenAPI dialect as JSON schema: types in small letters, <c>nullable</c> as a type, nothing
    /// else differs that others could not ignore.
    /// </summary>
    public static string FromOpenApi(string schema)
    {
        using var document = JsonDocument.Parse(schema);
        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output, JsonText.Writing);
        FromOpenApi(document.RootElement, json, isSchema: true);
        json.Flush();
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static void FromOpenApi(JsonElement value, Utf8JsonWriter json, bool isSchema)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var nullable = isSchema && value.TryGetProperty("nullable", out var flag) && flag.ValueKind == JsonValueKind.True;
                json.WriteStartObject();
                foreach (var property in value.EnumerateObject())
                {
                    if (isSchema && property.Name is "nullable" or "propertyOrdering") continue;
                    json.WritePropertyName(property.Name);
                    if (isSchema && property.Name == "type" && property.Value.ValueKind == JsonValueKind.String) WriteType(json, JsonText.TextOf(property.Value), nullable);
                    else FromOpenApi(property.Value, json, isSchema: !isSchema || property.Name is not ("properties" or "enum" or "example" or "default"));
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray()) FromOpenApi(item, json, isSchema);
                json.WriteEndArray();
                break;
            default: json.WriteAsIs(value); break;
        }
    }

    private static void WriteType(Utf8JsonWriter json, string type, bool nullable)
    {
        if (!nullable)
        {
            json.WriteStringValue(type.ToLowerInvariant());
            return;
        }

        json.WriteStartArray();
        json.WriteStringValue(type.ToLowerInvariant());
        json.WriteStringValue("null"u8);
        json.WriteEndArray();
    }

    private static void LowerAll(JsonElement schemas, Utf8JsonWriter json)
    {
        if (schemas.ValueKind != JsonValueKind.Array)
        {
            json.WriteAsIs(schemas);
            return;
        }

        json.WriteStartArray();
        foreach (var schema in schemas.EnumerateArray()) Lower(schema, json);
        json.WriteEndArray();
    }

    private static void LowerMap(JsonElement schemas, Utf8JsonWriter json)
    {
        if (schemas.ValueKind != JsonValueKind.Object)
        {
            json.WriteAsIs(schemas);
            return;
        }

        json.WriteStartObject();
        foreach (var property in schemas.EnumerateObject())
        {
            json.WritePropertyName(property.Name);
            Lower(property.Value, json);
        }

        json.WriteEndObject();
    }
}
