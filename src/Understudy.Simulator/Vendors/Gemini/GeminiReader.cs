using System.Text.Json;
using Understudy.Simulator.Answers;

namespace Understudy.Simulator.Vendors.Gemini;

/// <summary>Judges a generateContent request as strictly as the vendor, and reads it.</summary>
internal sealed class GeminiReader(CallSource source, string model)
{
    private static readonly HashSet<string> Fields =
    [
        "contents", "systemInstruction", "system_instruction", "tools", "toolConfig", "tool_config", "safetySettings", "safety_settings",
        "generationConfig", "generation_config", "cachedContent", "cached_content", "serviceTier", "labels", "generateContentRequest", "model", "store",
    ];

    // What the OpenAPI subset of "parameters" does not know; parametersJsonSchema takes it.
    private static readonly string[] UnknownSchemaWords =
        ["$ref", "$defs", "$schema", "additionalProperties", "const", "allOf", "oneOf", "not", "patternProperties", "propertyNames", "exclusiveMinimum", "exclusiveMaximum"];

    private readonly Refusals _refusals = new();
    private readonly JsonElement _body = source.Body;

    public ApiError? Read(out ModelCall call)
    {
        call = new ModelCall { Model = model };
        if (!IsServed())
            return new ApiError(404, "NOT_FOUND", $"models/{model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.");
        if (_body.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in _body.EnumerateObject())
            {
                if (!Fields.Contains(member.Name)) Refuse($"Invalid JSON payload received. Unknown name \"{member.Name}\": Cannot find field.");
            }
        }

        var tools = ReadTools();
        var contents = new GeminiContents(_refusals, model, source.Options.Seed);
        var utterances = contents.Read(_body);
        Member(_body, "generationConfig", "generation_config", out var config);
        Range(config, "temperature", 0, 2);
        Refusals.Has(config, "thinkingConfig", out var thinking);
        if (Refusals.Has(thinking, "thinkingBudget", out _) && Refusals.Has(thinking, "thinkingLevel", out _))
            Refuse("You can only set only one of thinking budget and thinking level.");
        if (Refusals.Whole(config, "maxOutputTokens") is < 1) Refuse("max_output_tokens must be positive.");
        if (Refusals.List(config, "stopSequences").Count() > 5) Refuse("The number of stop sequences must be at most 5.");
        var (policy, forced) = ReadToolConfig();
        if (_refusals.Any) return _refusals.First;

        if (!Refusals.Has(config, "responseJsonSchema", out var schema)) Refusals.Has(config, "responseSchema", out schema);
        call = new ModelCall
        {
            Model = model,
            Utterances = utterances,
            Tools = tools,
            ToolPolicy = policy,
            ForcedTool = forced,
            Thinks = thinking.ValueKind == JsonValueKind.Object && Refusals.Whole(thinking, "thinkingBudget") is not 0,
            HidesThinking = !Refusals.Flag(thinking, "includeThoughts"),
            OutputSchema = schema,
            AnyJson = Refusals.Text(config, "responseMimeType") == "application/json",
            MaxTokens = Refusals.Whole(config, "maxOutputTokens") ?? int.MaxValue,
            StopSequences = [.. Refusals.List(config, "stopSequences").Select(stop => stop.GetString() ?? "").Where(stop => stop.Length > 0)],
            InputTokens = Math.Max(1, source.BodyLength / 4),
        };
        return null;
    }

    private bool IsServed() => source.Options switch
    {
        { Models: { } only } => only.Contains(model),
        { AnyModel: true } => true,
        _ => model.StartsWith("gemini-", StringComparison.Ordinal),
    };

    private void Refuse(string message) => _refusals.Add(new ApiError(400, "INVALID_ARGUMENT", message));

    private void Range(JsonElement config, string name, double from, double to)
    {
        if (!Refusals.Has(config, name, out var value)) return;
        if (value.ValueKind != JsonValueKind.Number) Refuse($"Invalid value at 'generation_config.{name}' (TYPE_FLOAT), {value.GetRawText()}");
        else if (value.GetDouble() < from || value.GetDouble() > to) Refuse($"{name} must be in the range [{from:0.0}, {to:0.0}].");
    }

    private List<OfferedTool> ReadTools()
    {
        var tools = new List<OfferedTool>();
        foreach (var (i, tool) in Refusals.List(_body, "tools").Index())
        {
            Member(tool, "functionDeclarations", "function_declarations", out var list);
            if (list.ValueKind != JsonValueKind.Array) continue;
            foreach (var (j, function) in list.EnumerateArray().Index())
            {
                var at = $"tools[{i}].function_declarations[{j}]";
                var name = Refusals.Text(function, "name");
                if (name is null || !ToolIds.IsGeminiName(name))
                    Refuse($"* GenerateContentRequest.{at}.name: Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.");
                if (Refusals.Has(function, "parameters", out var schema)) CheckSchema(schema, at + ".parameters");
                else Refusals.Has(function, "parametersJsonSchema", out schema);
                if (tools.Exists(other => other.Name == name)) Refuse($"Duplicate function declaration found: {name}");
                tools.Add(new OfferedTool(name ?? "", schema));
            }
        }

        return tools;
    }

    private void CheckSchema(JsonElement schema, string at)
    {
        if (schema.ValueKind != JsonValueKind.Object) return;
        foreach (var member in schema.EnumerateObject())
        {
            if (UnknownSchemaWords.Contains(member.Name))
                Refuse($"Invalid JSON payload received. Unknown name \"{member.Name}\" at '{at}': Cannot find field.");
            else if (member.Name == "type" && member.Value.ValueKind == JsonValueKind.Array)
                Refuse($"Invalid JSON payload received. Unknown name \"type\" at '{at}': Proto field is not repeating, cannot start list.");
            else if (member.Name == "properties" && member.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var (i, property) in member.Value.EnumerateObject().Index()) CheckSchema(property.Value, $"{at}.properties[{i}].value");
            }
            else if (member.Name == "items") CheckSchema(member.Value, at + ".items");
        }
    }

    private (ToolPolicy Policy, string? Forced) ReadToolConfig()
    {
        Member(_body, "toolConfig", "tool_config", out var config);
        Member(config, "functionCallingConfig", "function_calling_config", out var calling);
        var allowed = Refusals.List(calling, "allowedFunctionNames").Select(name => name.GetString()).FirstOrDefault();
        switch (Refusals.Text(calling, "mode"))
        {
            case null or "AUTO" or "VALIDATED" or "MODE_UNSPECIFIED":
                return (ToolPolicy.Auto, null);
            case "NONE":
                return (ToolPolicy.None, null);
            case "ANY":
                if (!Refusals.List(_body, "tools").Any()) Refuse("Function calling config is set without function_declarations.");
                return (ToolPolicy.Required, allowed);
            case var other:
                Refuse($"Invalid value at 'tool_config.function_calling_config.mode' (type.googleapis.com/google.ai.generativelanguage.v1beta.FunctionCallingConfig.Mode), \"{other}\"");
                return (ToolPolicy.Auto, null);
        }
    }

    // Google takes both spellings of every field.
    private static void Member(JsonElement parent, string camel, string snake, out JsonElement value)
    {
        if (!Refusals.Has(parent, camel, out value)) Refusals.Has(parent, snake, out value);
    }
}
