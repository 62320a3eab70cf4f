using System.Text.Json;
using Understudy.Simulator.Answers;

namespace Understudy.Simulator.Vendors.Anthropic;

/// <summary>Judges a Messages request as strictly as the vendor, in the vendor's words, and reads it.</summary>
internal sealed class MessagesReader(CallSource source, bool countsOnly)
{
    // What needs a beta header, and the header that lets it in; without it the field is simply unknown.
    private static readonly Dictionary<string, string> BetaFields = new()
    {
        ["context_management"] = "context-management-",
        ["mcp_servers"] = "mcp-client-",
        ["fallbacks"] = "server-side-fallback-",
        ["fallback_credit_token"] = "fallback-credit-",
        ["speed"] = "fast-mode-",
        ["diagnostics"] = "diagnostics-",
        ["output_format"] = "structured-outputs-",
    };

    private static readonly HashSet<string> Fields =
    [
        "model", "max_tokens", "messages", "system", "temperature", "top_p", "top_k", "stop_sequences", "stream", "metadata",
        "tools", "tool_choice", "thinking", "output_config", "cache_control", "service_tier", "container", "inference_geo",
    ];

    private readonly Refusals _refusals = new();
    private readonly JsonElement _body = source.Body;

    public ApiError? Read(out ModelCall call)
    {
        var model = Refusals.Text(_body, "model") ?? "";
        call = new ModelCall { Model = model };
        if (string.IsNullOrEmpty(source.Request.Headers["anthropic-version"])) Refuse("anthropic-version: header is required");
        if (_body.ValueKind != JsonValueKind.Object) Refuse("Input should be a valid dictionary or object to extract fields from");

        CheckFields();
        var rules = AnthropicModel.Of(model);
        var tools = ReadTools();
        var messages = new MessageChecks(_refusals, rules, source.Options.Seed);
        var utterances = messages.Read(_body, ThinkingType() is "enabled" or "adaptive", byBudget: ThinkingType() is "enabled");
        CheckModelRules(rules);
        var (policy, forced) = ReadToolChoice(tools);
        if (!_refusals.Any && !IsServed(model)) _refusals.Add(new ApiError(404, "not_found_error", "model: " + model));
        if (_refusals.Any) return _refusals.First;

        Refusals.Has(_body, "output_config", out var output);
        if (!Refusals.Has(output, "format", out var format)) Refusals.Has(_body, "output_format", out format);
        Refusals.Has(format, "schema", out var schema);
        Refusals.Has(_body, "thinking", out var thinking);
        Refusals.Has(_body, "tool_choice", out var choice);
        call = new ModelCall
        {
            Model = model,
            Stream = Refusals.Flag(_body, "stream"),
            Utterances = utterances,
            Tools = tools,
            ToolPolicy = policy,
            ForcedTool = forced,
            OneToolAtATime = Refusals.Flag(choice, "disable_parallel_tool_use"),
            Thinks = ThinkingType() is "enabled" or "adaptive",
            HidesThinking = Refusals.Text(thinking, "display") == "omitted",
            OutputSchema = schema,
            MaxTokens = Refusals.Whole(_body, "max_tokens") ?? int.MaxValue,
            StopSequences = [.. Refusals.List(_body, "stop_sequences").Select(stop => stop.GetString() ?? "").Where(stop => stop.Length > 0)],
            InputTokens = Math.Max(1, source.BodyLength / 4),
            CacheKey = CacheKey(),
        };
        return null;
    }

    private void Refuse(string message) => _refusals.Add(new ApiError(400, "invalid_request_error", message));

    private bool IsServed(string model) => source.Options switch
    {
        { Models: { } only } => only.Contains(model),
        { AnyModel: true } => true,
        _ => model.StartsWith("claude-", StringComparison.Ordinal),
    };

    private void CheckFields()
    {
        Need("model", JsonValueKind.String, "Input should be a valid string");
        Need("messages", JsonValueKind.Array, "Input should be a valid list");
        if (!countsOnly)
        {
            Need("max_tokens", JsonValueKind.Number, "Input should be a valid integer");
            if (Refusals.Whole(_body, "max_tokens") is < 0) Refuse("max_tokens: Input should be greater than or equal to 0");
        }

        Want("stream", "Input should be a valid boolean", JsonValueKind.True, JsonValueKind.False);
        Want("system", "Input should be a valid list", JsonValueKind.String, JsonValueKind.Array);
        Want("temperature", "Input should be a valid number", JsonValueKind.Number);
        Want("top_p", "Input should be a valid number", JsonValueKind.Number);
        Want("top_k", "Input should be a valid integer", JsonValueKind.Number);
        Want("stop_sequences", "Input should be a valid list", JsonValueKind.Array);
        Want("metadata", "Input should be an object", JsonValueKind.Object);
        Want("tools", "Input should be a valid list", JsonValueKind.Array);
        if (Refusals.Has(_body, "temperature", out var temperature) && temperature.ValueKind == JsonValueKind.Number)
        {
            if (temperature.GetDouble() > 1) Refuse("temperature: range: 0..1");
            if (temperature.GetDouble() < 0) Refuse("temperature: range: 0..1");
        }

        foreach (var (index, block) in Refusals.List(_body, "system").Index())
        {
            if (Refusals.Text(block, "type") != "text") Refuse($"system.{index}.type: Input should be 'text'");
            else if (Refusals.Text(block, "text") is not { } text) Refuse($"system.{index}.text: Field required");
            else if (text.Length == 0) Refuse("system: text content blocks must be non-empty");
        }

        if (Refusals.Has(_body, "metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in metadata.EnumerateObject())
            {
                if (member.Name != "user_id") Refuse($"metadata.{member.Name}: Extra inputs are not permitted");
            }
        }

        if (_body.ValueKind != JsonValueKind.Object) return;
        var betas = source.Request.Headers["anthropic-beta"].ToString();
        foreach (var member in _body.EnumerateObject())
        {
            if (Fields.Contains(member.Name)) continue;
            if (BetaFields.TryGetValue(member.Name, out var beta) && betas.Contains(beta, StringComparison.Ordinal)) continue;
            Refuse($"{member.Name}: Extra inputs are not permitted");
        }
    }

    private void CheckModelRules(AnthropicModel rules)
    {
        Refusals.Has(_body, "thinking", out var thinking);
        var type = ThinkingType();
        if (thinking.ValueKind == JsonValueKind.Object && type is not ("enabled" or "adaptive" or "disabled"))
            Refuse("thinking: Input tag '" + type + "' found using 'type' does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'");
        if (type == "enabled")
        {
            var budget = Refusals.Whole(thinking, "budget_tokens");
            if (!rules.TakesThinkingBudget) Refuse("\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and \"output_config.effort\" to control thinking behavior.");
            else if (budget is null) Refuse("thinking.enabled.budget_tokens: Field required");
            else if (budget < 1024) Refuse("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024");
            else if (budget >= (Refusals.Whole(_body, "max_tokens") ?? int.MaxValue)) Refuse("`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size");
        }

        if (type == "adaptive" && !rules.TakesAdaptiveThinking) Refuse("adaptive thinking is not supported on this model");
        if (type == "disabled" && !rules.CanStopThinking) Refuse("\"thinking.type.disabled\" is not supported for this model.");

        foreach (var name in (string[])["temperature", "top_p", "top_k"])
        {
            if (!Refusals.Has(_body, name, out var value)) continue;
            if (!rules.TakesSampling) Refuse($"`{name}` is deprecated for this model.");
            if (type is "enabled" or "adaptive" && name == "temperature" && value.GetDouble() is not 1.0) Refuse("`temperature` may only be set to 1 when thinking is enabled. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking");
            if (type is "enabled" or "adaptive" && name == "top_k") Refuse("`top_k` must be unset when thinking is enabled.");
        }

        if (rules.Generation > 4.4 && Refusals.Has(_body, "temperature", out _) && Refusals.Has(_body, "top_p", out _))
            Refuse("`temperature` and `top_p` cannot both be specified for this model. Please use only one.");
        if (type is "enabled" or "adaptive" && Refusals.Has(_body, "tool_choice", out var choice) && Refusals.Text(choice, "type") is "any" or "tool")
            Refuse("Thinking may not be enabled when tool_choice forces tool use.");
        CheckOutputSchema();
    }

    private void CheckOutputSchema()
    {
        Refusals.Has(_body, "output_config", out var output);
        if (!Refusals.Has(output, "format", out var format)) return;
        if (Refusals.Text(format, "type") != "json_schema") Refuse("output_config.format.type: Input should be 'json_schema'");
        else if (!Refusals.Has(format, "schema", out var schema)) Refuse("output_config.format.schema: Field required");
        else if (StrictSchema.Fault(schema) is { } fault) Refuse("output_config.format.schema: " + fault);
    }

    private List<OfferedTool> ReadTools()
    {
        var tools = new List<OfferedTool>();
        foreach (var (index, tool) in Refusals.List(_body, "tools").Index())
        {
            var name = Refusals.Text(tool, "name");
            var type = Refusals.Text(tool, "type") ?? "custom";
            if (name is null) Refuse($"tools.{index}.{type}.name: Field required");
            else if (!ToolIds.IsPlain(name) || name.Length > 128) Refuse($"tools.{index}.{type}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'");
            if (type != "custom") continue; // a server tool: the vendor runs it, the model of ours never does

            if (!Refusals.Has(tool, "input_schema", out var schema)) Refuse($"tools.{index}.custom.input_schema: Field required");
            else if (Refusals.Text(schema, "type") != "object") Refuse($"tools.{index}.custom.input_schema.type: Input should be 'object'");
            if (tools.Exists(other => other.Name == name)) Refuse("tools: Tool names must be unique.");
            tools.Add(new OfferedTool(name ?? "", schema));
        }

        return tools;
    }

    private (ToolPolicy Policy, string? Forced) ReadToolChoice(List<OfferedTool> tools)
    {
        if (!Refusals.Has(_body, "tool_choice", out var choice)) return (ToolPolicy.Auto, null);
        var type = Refusals.Text(choice, "type");
        if (type is not ("auto" or "any" or "tool" or "none"))
            Refuse($"tool_choice: Input tag '{type}' found using 'type' does not match any of the expected tags: 'any', 'auto', 'none', 'tool'");
        if (!Refusals.List(_body, "tools").Any()) Refuse("tool_choice: tool_choice may only be specified while providing tools.");
        if (type != "tool") return (type switch { "any" => ToolPolicy.Required, "none" => ToolPolicy.None, _ => ToolPolicy.Auto }, null);

        var name = Refusals.Text(choice, "name");
        if (name is null) Refuse("tool_choice.tool.name: Field required");
        else if (!Refusals.List(_body, "tools").Any(tool => Refusals.Text(tool, "name") == name)) Refuse($"Tool '{name}' not found in provided tools");
        return (ToolPolicy.Required, name);
    }

    private string? ThinkingType() => Refusals.Has(_body, "thinking", out var thinking) ? Refusals.Text(thinking, "type") : null;

    private string? CacheKey()
    {
        if (!_body.GetRawText().Contains("\"cache_control\"", StringComparison.Ordinal)) return null;
        Refusals.Has(_body, "system", out var system);
        Refusals.Has(_body, "tools", out var tools);
        return (system.ValueKind == JsonValueKind.Undefined ? "" : system.GetRawText())
            + (tools.ValueKind == JsonValueKind.Undefined ? "" : tools.GetRawText());
    }

    private void Need(string name, JsonValueKind kind, string otherwise)
    {
        if (_body.ValueKind != JsonValueKind.Object) return;
        if (!_body.TryGetProperty(name, out var value)) Refuse(name + ": Field required");
        else if (value.ValueKind != kind || (name == "max_tokens" && !value.TryGetInt32(out _))) Refuse($"{name}: {otherwise}");
    }

    private void Want(string name, string otherwise, params ReadOnlySpan<JsonValueKind> kinds)
    {
        if (Refusals.Has(_body, name, out var value) && !kinds.Contains(value.ValueKind)) Refuse($"{name}: {otherwise}");
    }
}
