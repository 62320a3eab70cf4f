using System.Text.Json;
using Understudy.Simulator.Answers;

namespace Understudy.Simulator.Vendors.OpenAI;

/// <summary>The rules for <c>input</c>: items, their parts, pairs of calls and outputs.</summary>
internal sealed class ResponsesItems(OpenAIChecks checks)
{
    private static readonly string[] OtherItems =
    [
        "item_reference", "compaction", "web_search_call", "file_search_call", "computer_call", "computer_call_output", "code_interpreter_call",
        "image_generation_call", "local_shell_call", "local_shell_call_output", "shell_call", "shell_call_output", "apply_patch_call",
        "apply_patch_call_output", "mcp_call", "mcp_list_tools", "mcp_approval_request", "mcp_approval_response", "tool_search_call", "tool_search_output",
    ];

    private readonly List<Utterance> _utterances = [];
    private readonly List<string> _openCalls = [];

    /// <summary>Tools that come as an input item instead of in <c>tools</c>.</summary>
    public List<JsonElement> AdditionalTools { get; } = [];

    public string? CacheKey { get; private set; }

    public IReadOnlyList<Utterance> Read()
    {
        if (!Refusals.Has(checks.Body, "input", out var input)) checks.Missing("input");
        else if (input.ValueKind == JsonValueKind.String) _utterances.Add(new Utterance(Speaker.User, input.GetString()!));
        else if (input.ValueKind != JsonValueKind.Array) checks.WrongType("input", "one of a string or array of objects", input);
        else
        {
            var items = input.EnumerateArray().ToArray();
            for (var i = 0; i < items.Length; i++) ReadItem(items[i], $"input[{i}]");
            if (items.Length > 1) CacheKey = string.Concat(items.SkipLast(1).Select(item => item.GetRawText()));
            if (_openCalls.Count > 0) checks.Refuse($"No tool output found for function call {_openCalls[0]}.", "input");
        }

        return _utterances;
    }

    private void ReadItem(JsonElement item, string at)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            checks.WrongType(at, "an object", item);
            return;
        }

        switch (Refusals.Text(item, "type"))
        {
            case null or "message":
                ReadMessage(item, at);
                break;
            case "function_call" or "custom_tool_call":
                ReadCall(item, at);
                break;
            case "function_call_output" or "custom_tool_call_output":
                ReadOutput(item, at);
                break;
            case "reasoning":
                ReadReasoning(item, at);
                break;
            case "additional_tools":
                AdditionalTools.AddRange(Refusals.List(item, "tools"));
                break;
            case var other when !OtherItems.Contains(other):
                checks.WrongValue(at, other, [.. OtherItems.Prepend("function_call_output").Prepend("function_call").Prepend("reasoning").Prepend("message")]);
                break;
        }
    }

    private void ReadMessage(JsonElement item, string at)
    {
        var role = Refusals.Text(item, "role");
        if (role is null) checks.Missing(at + ".role");
        else if (role is not ("user" or "assistant" or "system" or "developer")) checks.WrongValue(at + ".role", role, "assistant", "system", "developer", "user");
        if (!Refusals.Has(item, "content", out var content))
        {
            checks.Missing(at + ".content");
            return;
        }

        Speaker? speaker = role switch { "user" => Speaker.User, "assistant" => Speaker.Assistant, _ => null };
        if (content.ValueKind == JsonValueKind.String)
        {
            Say(speaker, content.GetString()!);
            return;
        }

        if (content.ValueKind != JsonValueKind.Array) checks.WrongType(at + ".content", "one of an array of objects or string", content);
        string[] allowed = role == "assistant" ? ["output_text", "refusal"] : ["input_text", "input_image", "input_file"];
        foreach (var (index, part) in Refusals.List(item, "content").Index())
        {
            var type = Refusals.Text(part, "type");
            var where = $"{at}.content[{index}]";
            if (type is null) checks.Missing(where + ".type");
            else if (!allowed.Contains(type)) checks.WrongValue(where, type, allowed);
            else if (type is "input_text" or "output_text" && Refusals.Text(part, "text") is not { } text) checks.Missing(where + ".text");
            else if (type is "input_text" or "output_text") Say(speaker, Refusals.Text(part, "text")!);
        }
    }

    private void Say(Speaker? speaker, string text)
    {
        if (speaker is { } known) _utterances.Add(new Utterance(known, text));
    }

    private void ReadCall(JsonElement item, string at)
    {
        var id = CallId(item, at);
        CheckItemId(item, at, Refusals.Text(item, "type") == "function_call" ? "fc" : "ctc");
        if (Refusals.Text(item, "name") is null) checks.Missing(at + ".name");
        var content = Refusals.Text(item, "type") == "function_call" ? "arguments" : "input";
        if (!Refusals.Has(item, content, out var text)) checks.Missing($"{at}.{content}");
        else if (text.ValueKind != JsonValueKind.String) checks.WrongType($"{at}.{content}", "a string", text);
        if (id is not null) _openCalls.Add(id);
    }

    private void ReadOutput(JsonElement item, string at)
    {
        var id = CallId(item, at);
        if (id is not null && !_openCalls.Remove(id)) checks.Refuse($"No tool call found for function call output with call_id {id}.", "input");
        if (!Refusals.Has(item, "output", out var output)) checks.Missing(at + ".output");
        else if (output.ValueKind == JsonValueKind.String) _utterances.Add(new Utterance(Speaker.ToolResult, output.GetString()!));
        else if (output.ValueKind == JsonValueKind.Array)
            _utterances.Add(new Utterance(Speaker.ToolResult, string.Join('\n', output.EnumerateArray().Select(part => Refusals.Text(part, "text")).Where(text => text is not null))));
        else checks.WrongType(at + ".output", "one of a string or array of objects", output);
    }

    private void ReadReasoning(JsonElement item, string at)
    {
        CheckItemId(item, at, "rs");
        if (!Refusals.Has(item, "summary", out _)) checks.Missing(at + ".summary");
        if (Refusals.Text(item, "encrypted_content") is { } sealedText && !sealedText.StartsWith(ResponsesWire.SealPrefix, StringComparison.Ordinal))
            checks.Refuse("The encrypted content for item " + (Refusals.Text(item, "id") ?? "rs_") + " could not be verified.", at + ".encrypted_content", "invalid_encrypted_content");
    }

    private string? CallId(JsonElement item, string at)
    {
        var id = Refusals.Text(item, "call_id");
        if (id is null) checks.Missing(at + ".call_id");
        else if (id.Length is 0) checks.Refuse($"Invalid '{at}.call_id': empty string. Expected a string with minimum length 1, but got an empty string instead.", at + ".call_id", "empty_string");
        else if (id.Length > 64) checks.TooLong(at + ".call_id", 64, id.Length);
        return id;
    }

    private void CheckItemId(JsonElement item, string at, string prefix)
    {
        if (Refusals.Text(item, "id") is { } id && !id.StartsWith(prefix, StringComparison.Ordinal))
            checks.Refuse($"Invalid '{at}.id': '{id}'. Expected an ID that begins with '{prefix}'.", at + ".id", "invalid_value");
    }
}
