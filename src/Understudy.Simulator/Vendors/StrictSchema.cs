using System.Text.Json;

namespace Understudy.Simulator.Vendors;

/// <summary>What both vendors ask of a schema that an answer has to fit.</summary>
internal static class StrictSchema
{
    /// <summary>The first thing wrong with it; null when it will do.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="allRequired">OpenAI: every property has to be required.</param>
    public static string? Fault(JsonElement schema, bool allRequired = false)
    {
        if (schema.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in schema.EnumerateArray())
            {
                if (Fault(item, allRequired) is { } fault) return fault;
            }
        }

        if (schema.ValueKind != JsonValueKind.Object) return null;
        if (Refusals.Text(schema, "type") == "object")
        {
            if (!schema.TryGetProperty("additionalProperties", out var more) || more.ValueKind != JsonValueKind.False)
                return allRequired ? "In context=(), 'additionalProperties' is required to be supplied and to be false." : "For 'object' type, 'additionalProperties' must be explicitly set to false";
            if (allRequired && schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object)
            {
                var required = Refusals.List(schema, "required").Select(name => name.GetString()).ToHashSet();
                var missing = properties.EnumerateObject().Select(property => property.Name).FirstOrDefault(name => !required.Contains(name));
                if (missing is not null) return $"In context=(), 'required' is required to be supplied and to be an array including every key in properties. Missing '{missing}'.";
            }
        }

        foreach (var member in schema.EnumerateObject())
        {
            if (member.Name is "properties" or "$defs" or "definitions" && member.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var property in member.Value.EnumerateObject())
                {
                    if (Fault(property.Value, allRequired) is { } fault) return fault;
                }
            }
            else if (member.Name is "items" or "anyOf" or "oneOf" or "allOf" && Fault(member.Value, allRequired) is { } fault)
            {
                return fault;
            }
        }

        return null;
    }
}
