using System.Text.Json;
using Understudy.Simulator.Answers;

namespace Understudy.Simulator.Vendors.OpenAI;

/// <summary>Judges a Responses request as strictly as the vendor, and reads it.</summary>
internal sealed class ResponsesReader
{
    private static readonly HashSet<string> Fields =
    [
        "model", "input", "instructions", "max_output_tokens", "temperature", "top_p", "tools", "tool_choice", "parallel_tool_calls",
        "max_tool_calls", "reasoning", "text", "include", "store", "previous_response_id", "conversation", "background", "truncation",
        "stream", "stream_options", "metadata", "service_tier", "top_logprobs", "safety_identifier", "user", "prompt_cache_key",
        "prompt_cache_retention", "prompt_cache_options", "context_management", "prompt", "client_metadata",
    ];

    private readonly Refusals _refusals = new();
    private readonly CallSource _source;
    private readonly OpenAIChecks _checks;
    private readonly JsonElement _body;

    public ResponsesReader(CallSource source)
    {
        _source = source;
        _body = source.Body;
        _checks = new OpenAIChecks(_refusals, source);
    }

    public ApiError? Read(out ModelCall call)
    {
        var name = Refusals.Text(_body, "model") ?? "";
        var model = new OpenAIModel(name);
        call = new ModelCall { Model = name };
        if (name.Length == 0) _checks.Missing("model");
        else if (!model.IsServedBy(_source.Options)) return model.NotFound() with { Status = 404 };

        _checks.OnlyFields(Fields, field => $"Unknown parameter: '{field}'.", "unknown_parameter");
        _checks.Want("stream", "a boolean", JsonValueKind.True, JsonValueKind.False);
        _checks.AtLeast("max_output_tokens", 16);
        _checks.Range("temperature", 0, 2);
        _checks.Range("top_p", 0, 1);
        if (Refusals.Text(_body, "previous_response_id") is { } previous) // stateless: nothing is ever stored
            _checks.Refuse($"Previous response with id '{previous}' not found.", "previous_response_id", "previous_response_not_found");
        Refusals.Has(_body, "reasoning", out var reasoning);
        var effort = Refusals.Text(reasoning, "effort");
        if (effort is not null && !model.Reasons && !_source.Options.AnyModel)
            _checks.Refuse("Unsupported parameter: 'reasoning.effort' is not supported with this model.", "reasoning.effort", "unsupported_parameter");
        _checks.CheckSampling(model, effort, "temperature", "top_p", "top_logprobs");

        var items = new ResponsesItems(_checks);
        var utterances = items.Read();
        var tools = ReadTools(Refusals.List(_body, "tools"), "tools", null);
        tools.AddRange(items.AdditionalTools.SelectMany(more => ReadTools([more], "input.tools", null)));
        if (items.AdditionalTools.Count == 0) _checks.CheckToolFields();
        var (policy, forced) = _checks.ReadToolChoice(tools, choice => Refusals.Text(choice, "name"));
        var schema = ReadFormat(out var anyJson);
        if (_refusals.Any) return _refusals.First;

        call = new ModelCall
        {
            Model = name,
            Stream = Refusals.Flag(_body, "stream"),
            Utterances = utterances,
            Tools = tools,
            ToolPolicy = policy,
            ForcedTool = forced,
            OneToolAtATime = Refusals.Has(_body, "parallel_tool_calls", out var parallel) && parallel.ValueKind == JsonValueKind.False,
            Thinks = model.Reasons && effort != "none" && !_source.Options.AnyModel,
            HidesThinking = !Refusals.Has(reasoning, "summary", out _),
            OutputSchema = schema,
            AnyJson = anyJson,
            MaxTokens = Refusals.Whole(_body, "max_output_tokens") ?? int.MaxValue,
            InputTokens = Math.Max(1, _source.BodyLength / 4),
            CacheKey = items.CacheKey,
        };
        return null;
    }

    private List<OfferedTool> ReadTools(IEnumerable<JsonElement> list, string param, string? group)
    {
        var tools = new List<OfferedTool>();
        foreach (var (index, tool) in list.Index())
        {
            var at = $"{param}[{index}]";
            var name = Refusals.Text(tool, "name");
            switch (Refusals.Text(tool, "type"))
            {
                case "function":
                    _checks.CheckToolName(at + ".name", name);
                    Refusals.Has(tool, "parameters", out var schema);
                    if (schema.ValueKind == JsonValueKind.Object && Refusals.Text(schema, "type") != "object")
                        _checks.Refuse($"Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{Refusals.Text(schema, "type") ?? "None"}\"'.", at + ".parameters", "invalid_function_parameters");
                    tools.Add(new OfferedTool(name ?? "", schema, Namespace: group));
                    break;
                case "custom":
                    _checks.CheckToolName(at + ".name", name);
                    tools.Add(new OfferedTool(name ?? "", default, FreeText: true, group));
                    break;
                case "namespace":
                    tools.AddRange(ReadTools(Refusals.List(tool, "tools"), at + ".tools", name));
                    break;
                case null:
                    _checks.Missing(at + ".type");
                    break;
                case "web_search" or "web_search_preview" or "file_search" or "mcp" or "code_interpreter" or "image_generation" or "local_shell"
                    or "shell" or "apply_patch" or "tool_search" or "computer" or "computer_use_preview":
                    break; // run by the vendor; the model of ours never does
                case var other:
                    _checks.WrongValue(at + ".type", other, "function", "custom", "namespace", "web_search", "file_search", "mcp", "code_interpreter");
                    break;
            }
        }

        return tools;
    }

    private JsonElement ReadFormat(out bool anyJson)
    {
        anyJson = false;
        if (!Refusals.Has(_body, "text", out var text) || !Refusals.Has(text, "format", out var format)) return default;
        switch (Refusals.Text(format, "type"))
        {
            case "text":
                return default;
            case "json_object":
                anyJson = true;
                if (Refusals.Has(_body, "input", out var input)) _checks.CheckJsonWord(input, "input");
                return default;
            case "json_schema":
                return _checks.ReadSchema(format, "text.format");
            case var other:
                _checks.WrongValue("text.format.type", other, "json_object", "json_schema", "text");
                return default;
        }
    }
}
