using System.Text.Json;
using Understudy.Simulator.Answers;

namespace Understudy.Simulator.Vendors.OpenAI;

/// <summary>Judges a Chat Completions request as strictly as the vendor, and reads it.</summary>
internal sealed class ChatReader
{
    private static readonly HashSet<string> Fields =
    [
        "model", "messages", "max_completion_tokens", "max_tokens", "temperature", "top_p", "n", "seed", "logit_bias",
        "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs", "stop", "stream", "stream_options", "tools",
        "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort", "verbosity", "metadata", "user",
        "safety_identifier", "store", "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options", "service_tier",
        "modalities", "audio", "prediction", "web_search_options", "moderation", "functions", "function_call",
    ];

    private readonly Refusals _refusals = new();
    private readonly CallSource _source;
    private readonly OpenAIChecks _checks;
    private readonly JsonElement _body;

    public ChatReader(CallSource source)
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
        if (name.Length == 0) _checks.Refuse("you must provide a model parameter");
        else if (!model.IsServedBy(_source.Options)) return model.NotFound();

        _checks.OnlyFields(Fields, field => "Unrecognized request argument supplied: " + field, code: null);
        CheckFields(model);
        var tools = ReadTools();
        var (policy, forced) = _checks.ReadToolChoice(tools, choice => Refusals.Text(choice, "type") switch
        {
            "custom" => Refusals.Has(choice, "custom", out var custom) ? Refusals.Text(custom, "name") : null,
            _ => Refusals.Has(choice, "function", out var function) ? Refusals.Text(function, "name") : null,
        });
        var utterances = new ChatMessages(_checks).Read();
        var schema = ReadFormat(out var anyJson);
        if (_refusals.Any) return _refusals.First;

        Refusals.Has(_body, "stream_options", out var options);
        call = new ModelCall
        {
            Model = name,
            Stream = Refusals.Flag(_body, "stream"),
            IncludeUsage = Refusals.Flag(options, "include_usage"),
            Utterances = utterances,
            Tools = tools,
            ToolPolicy = policy,
            ForcedTool = forced,
            OneToolAtATime = Refusals.Has(_body, "parallel_tool_calls", out var parallel) && parallel.ValueKind == JsonValueKind.False,
            Thinks = model.Reasons && Refusals.Text(_body, "reasoning_effort") != "none" && !_source.Options.AnyModel,
            OutputSchema = schema,
            AnyJson = anyJson,
            MaxTokens = Refusals.Whole(_body, "max_completion_tokens") ?? Refusals.Whole(_body, "max_tokens") ?? int.MaxValue,
            StopSequences = Stops(),
            InputTokens = Math.Max(1, _source.BodyLength / 4),
            CacheKey = CacheKey(),
        };
        return null;
    }

    private void CheckFields(OpenAIModel model)
    {
        _checks.Want("stream", "a boolean", JsonValueKind.True, JsonValueKind.False);
        _checks.AtLeast("max_completion_tokens", 1);
        _checks.AtLeast("max_tokens", 1);
        _checks.AtLeast("n", 1);
        _checks.Range("temperature", 0, 2);
        _checks.Range("top_p", 0, 1);
        _checks.Range("frequency_penalty", -2, 2);
        _checks.Range("presence_penalty", -2, 2);
        _checks.CheckToolFields();
        if (Refusals.Has(_body, "stream_options", out _) && !Refusals.Flag(_body, "stream"))
            _checks.Refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options");
        if (Refusals.Has(_body, "stop", out var stop) && stop.ValueKind == JsonValueKind.Array && stop.GetArrayLength() > 4)
            _checks.Refuse("Invalid 'stop': array too long. Expected an array with maximum length 4.", "stop", "array_above_max_length");
        if (_source.Options.AnyModel) return;

        if (Refusals.Has(_body, "max_tokens", out _) && Refusals.Has(_body, "max_completion_tokens", out _))
            _checks.Refuse("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", "max_tokens", "invalid_parameter_combination");
        if (model.Reasons && Refusals.Has(_body, "max_tokens", out _))
            _checks.Refuse("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "max_tokens", "unsupported_parameter");
        var effort = Refusals.Text(_body, "reasoning_effort");
        if (effort is not (null or "none" or "minimal" or "low" or "medium" or "high" or "xhigh" or "max"))
            _checks.WrongValue("reasoning_effort", effort, "none", "minimal", "low", "medium", "high", "xhigh");
        if (effort is not null && !model.Reasons)
            _checks.Refuse("Unrecognized request argument supplied: reasoning_effort");
        _checks.CheckSampling(model, effort, "temperature", "top_p", "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs", "logit_bias");
    }

    private List<OfferedTool> ReadTools()
    {
        var tools = new List<OfferedTool>();
        foreach (var (index, tool) in Refusals.List(_body, "tools").Index())
        {
            var at = $"tools[{index}]";
            switch (Refusals.Text(tool, "type"))
            {
                case "function" when Refusals.Has(tool, "function", out var function):
                    var name = Refusals.Text(function, "name");
                    _checks.CheckToolName(at + ".function.name", name);
                    Refusals.Has(function, "parameters", out var schema);
                    if (schema.ValueKind == JsonValueKind.Object && Refusals.Text(schema, "type") is not "object")
                        _checks.Refuse($"Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{Refusals.Text(schema, "type") ?? "None"}\"'.", at + ".function.parameters", "invalid_function_parameters");
                    else if (Refusals.Flag(function, "strict") && StrictSchema.Fault(schema, allRequired: true) is { } fault)
                        _checks.Refuse($"Invalid schema for function '{name}': {fault}", at + ".function.parameters", "invalid_function_parameters");
                    tools.Add(new OfferedTool(name ?? "", schema));
                    break;
                case "function":
                    _checks.Missing(at + ".function");
                    break;
                case "custom" when Refusals.Has(tool, "custom", out var custom):
                    _checks.CheckToolName(at + ".custom.name", Refusals.Text(custom, "name"));
                    tools.Add(new OfferedTool(Refusals.Text(custom, "name") ?? "", default, FreeText: true));
                    break;
                case null:
                    _checks.Missing(at + ".type");
                    break;
                case var other:
                    _checks.WrongValue(at + ".type", other, "function", "custom");
                    break;
            }
        }

        return tools;
    }

    private JsonElement ReadFormat(out bool anyJson)
    {
        anyJson = false;
        if (!Refusals.Has(_body, "response_format", out var format)) return default;
        switch (Refusals.Text(format, "type"))
        {
            case "text":
                return default;
            case "json_object":
                anyJson = true;
                if (Refusals.Has(_body, "messages", out var messages)) _checks.CheckJsonWord(messages, "messages");
                return default;
            case "json_schema" when Refusals.Has(format, "json_schema", out var inner):
                return _checks.ReadSchema(inner, "response_format.json_schema");
            case "json_schema":
                _checks.Missing("response_format.json_schema");
                return default;
            case var other:
                _checks.WrongValue("response_format.type", other, "json_object", "json_schema", "text");
                return default;
        }
    }

    private string[] Stops()
    {
        if (!Refusals.Has(_body, "stop", out var stop)) return [];
        return stop.ValueKind == JsonValueKind.String ? [stop.GetString()!] : [.. Refusals.List(_body, "stop").Select(text => text.GetString() ?? "").Where(text => text.Length > 0)];
    }

    // OpenAI caches on its own: what stands before the conversation's last message.
    private string? CacheKey()
    {
        var messages = Refusals.List(_body, "messages").ToArray();
        return messages.Length < 2 ? null : string.Concat(messages.SkipLast(1).Select(message => message.GetRawText()));
    }
}
