using System.Text.Json;
using Understudy.Simulator.Answers;

namespace Understudy.Simulator.Vendors.OpenAI;

/// <summary>What both OpenAI endpoints refuse, in the vendor's words.</summary>
internal sealed class OpenAIChecks(Refusals refusals, CallSource source)
{
    public JsonElement Body => source.Body;

    public void Refuse(string message, string? param = null, string? code = null) =>
        refusals.Add(new ApiError(400, "invalid_request_error", message, code, param));

    public void Missing(string param) => Refuse($"Missing required parameter: '{param}'.", param, "missing_required_parameter");

    public void WrongType(string param, string expected, JsonElement value) =>
        Refuse($"Invalid type for '{param}': expected {expected}, but got {KindName(value)} instead.", param, "invalid_type");

    public void WrongValue(string param, string? value, params string[] supported) =>
        Refuse($"Invalid value: '{value}'. Supported values are: {Listed(supported)}.", param, "invalid_value");

    public void EmptyArray(string param) =>
        Refuse($"Invalid '{param}': empty array. Expected an array with minimum length 1, but got an empty array instead.", param, "empty_array");

    public void TooLong(string param, int limit, int length) =>
        Refuse($"Invalid '{param}': string too long. Expected a string with maximum length {limit}, but got a string with length {length} instead.", param, "string_above_max_length");

    public void Want(string name, string expected, params ReadOnlySpan<JsonValueKind> kinds)
    {
        if (Refusals.Has(Body, name, out var value) && !kinds.Contains(value.ValueKind)) WrongType(name, expected, value);
    }

    public void Range(string name, double from, double to)
    {
        if (!Refusals.Has(Body, name, out var value)) return;
        if (value.ValueKind != JsonValueKind.Number) WrongType(name, "a decimal", value);
        else if (value.GetDouble() < from) Refuse($"Invalid '{name}': decimal below minimum value. Expected a value >= {from}, but got {value.GetRawText()} instead.", name, "decimal_below_min_value");
        else if (value.GetDouble() > to) Refuse($"Invalid '{name}': decimal above maximum value. Expected a value <= {to}, but got {value.GetRawText()} instead.", name, "decimal_above_max_value");
    }

    public void AtLeast(string name, int least)
    {
        if (!Refusals.Has(Body, name, out var value)) return;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var number)) WrongType(name, "an integer", value);
        else if (number < least) Refuse($"Invalid '{name}': integer below minimum value. Expected a value >= {least}, but got {number} instead.", name, "integer_below_min_value");
    }

    public void OnlyFields(HashSet<string> known, Func<string, string> message, string? code)
    {
        if (Body.ValueKind != JsonValueKind.Object || source.Options.AnyModel) return;
        foreach (var member in Body.EnumerateObject())
        {
            if (!known.Contains(member.Name)) Refuse(message(member.Name), code is null ? null : member.Name, code);
        }
    }

    /// <summary>Reasoning models take no sampling, unless they can be and are told not to reason.</summary>
    public void CheckSampling(OpenAIModel model, string? effort, params ReadOnlySpan<string> names)
    {
        if (!model.Reasons || (model.CanStopReasoning && effort == "none") || source.Options.AnyModel) return;
        foreach (var name in names)
        {
            if (Refusals.Has(Body, name, out var value) && !(value.ValueKind == JsonValueKind.Number && value.GetDouble() is 1.0 && name is "temperature" or "top_p"))
                Refuse($"Unsupported parameter: '{name}' is not supported with this model.", name);
        }
    }

    /// <summary>What is said about tools needs tools; an empty list of them is no list.</summary>
    public void CheckToolFields()
    {
        Want("tools", "an array of objects", JsonValueKind.Array);
        if (Refusals.Has(Body, "tools", out var tools) && tools.ValueKind == JsonValueKind.Array && tools.GetArrayLength() == 0 && !source.Options.AnyModel) EmptyArray("tools");
        if (Refusals.List(Body, "tools").Any() || source.Options.AnyModel) return;
        if (Refusals.Has(Body, "tool_choice", out var choice) && !(choice.ValueKind == JsonValueKind.String && choice.GetString() is "none" or "auto" && Body.TryGetProperty("input", out _)))
            Refuse("Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.", "tool_choice");
        if (Refusals.Has(Body, "parallel_tool_calls", out _) && !Body.TryGetProperty("input", out _))
            Refuse("Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.", "parallel_tool_calls");
    }

    public void CheckToolName(string param, string? name)
    {
        if (name is null) Missing(param);
        else if (name.Length > 64) TooLong(param, 64, name.Length);
        else if (!ToolIds.IsPlain(name)) Refuse($"Invalid '{param}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.", param, "invalid_value");
    }

    /// <summary>A schema an answer is to fit: nested in chat, flat in responses.</summary>
    public JsonElement ReadSchema(JsonElement format, string param)
    {
        if (!Refusals.Has(format, "schema", out var schema))
        {
            Missing(param + ".schema");
            return default;
        }

        var name = Refusals.Text(format, "name");
        CheckToolName(param + ".name", name);
        if (Refusals.Flag(format, "strict") && StrictSchema.Fault(schema, allRequired: true) is { } fault)
            Refuse($"Invalid schema for response_format '{name}': {fault}", param, null);
        return schema;
    }

    /// <summary>JSON mode needs the word in the conversation, so that a model does not run on in blanks.</summary>
    public void CheckJsonWord(JsonElement conversation, string field)
    {
        if (!conversation.GetRawText().Contains("json", StringComparison.OrdinalIgnoreCase))
            Refuse($"'{field}' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.", field);
    }

    public (ToolPolicy Policy, string? Forced) ReadToolChoice(List<OfferedTool> tools, Func<JsonElement, string?> nameOf)
    {
        if (!Refusals.Has(Body, "tool_choice", out var choice)) return (ToolPolicy.Auto, null);
        if (choice.ValueKind == JsonValueKind.String)
        {
            switch (choice.GetString())
            {
                case "auto": return (ToolPolicy.Auto, null);
                case "none": return (ToolPolicy.None, null);
                case "required": return (ToolPolicy.Required, null);
                default:
                    WrongValue("tool_choice", choice.GetString(), "none", "auto", "required");
                    return (ToolPolicy.Auto, null);
            }
        }

        if (choice.ValueKind != JsonValueKind.Object)
        {
            WrongType("tool_choice", "one of a tool choice object or a string", choice);
            return (ToolPolicy.Auto, null);
        }

        if (Refusals.Text(choice, "type") == "allowed_tools") return (ToolPolicy.Auto, null);
        var name = nameOf(choice);
        if (name is not null && !tools.Exists(tool => tool.Name == name))
            Refuse($"Invalid value for 'tool_choice': no tool named '{name}' was specified in the 'tools' parameter.", "tool_choice");
        return (ToolPolicy.Required, name);
    }

    private static string Listed(string[] values) => values.Length == 1
        ? $"'{values[0]}'"
        : string.Join(", ", values.SkipLast(1).Select(value => $"'{value}'")) + $", and '{values[^1]}'";

    private static string KindName(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => value.TryGetInt64(out _) ? "an integer" : "a decimal",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Null or JsonValueKind.Undefined => "null",
    };
}
