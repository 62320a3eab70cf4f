using System.Text.Json;
using Understudy.Simulator.Answers;

namespace Understudy.Simulator.Vendors.OpenAI;

/// <summary>The rules for <c>messages</c>: roles, parts, pairs of tool calls and results.</summary>
internal sealed class ChatMessages(OpenAIChecks checks)
{
    private const int LongestId = 64;

    private readonly List<Utterance> _utterances = [];
    private readonly List<string> _openCalls = [];
    private bool _afterCalls;

    public IReadOnlyList<Utterance> Read()
    {
        if (!Refusals.Has(checks.Body, "messages", out var list))
        {
            checks.Missing("messages");
            return _utterances;
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            checks.WrongType("messages", "an array of objects", list);
            return _utterances;
        }

        if (list.GetArrayLength() == 0) checks.EmptyArray("messages");
        foreach (var (index, message) in list.EnumerateArray().Index()) ReadMessage(message, index);
        CheckOpenCalls();
        return _utterances;
    }

    private void ReadMessage(JsonElement message, int index)
    {
        var at = $"messages[{index}]";
        if (message.ValueKind != JsonValueKind.Object)
        {
            checks.WrongType(at, "an object", message);
            return;
        }

        var role = Refusals.Text(message, "role");
        if (role != "tool")
        {
            CheckOpenCalls();
            _afterCalls = false;
        }

        switch (role)
        {
            case null:
                checks.Missing(at + ".role");
                break;
            case "system" or "developer":
                ReadContent(message, at, "text");
                break;
            case "user":
                foreach (var text in ReadContent(message, at, "text", "image_url", "input_audio", "file")) _utterances.Add(new Utterance(Speaker.User, text));
                break;
            case "assistant":
                ReadAssistant(message, at);
                break;
            case "tool":
                ReadResult(message, at, index);
                break;
            case "function":
                ReadContent(message, at, "text");
                break;
            default:
                checks.WrongValue(at + ".role", role, "system", "assistant", "user", "function", "tool", "developer");
                break;
        }
    }

    private void ReadAssistant(JsonElement message, string at)
    {
        var hasCalls = Refusals.Has(message, "tool_calls", out var calls);
        if (Refusals.Has(message, "content", out _))
        {
            foreach (var text in ReadContent(message, at, "text", "refusal")) _utterances.Add(new Utterance(Speaker.Assistant, text));
        }
        else if (!hasCalls && !Refusals.Has(message, "refusal", out _) && !Refusals.Has(message, "function_call", out _))
        {
            checks.Refuse("Invalid value for 'content': expected a string, got null.", at + ".content");
        }

        if (!hasCalls) return;
        if (calls.ValueKind != JsonValueKind.Array) checks.WrongType(at + ".tool_calls", "an array of objects", calls);
        else if (calls.GetArrayLength() == 0) checks.EmptyArray(at + ".tool_calls");
        foreach (var (index, call) in Refusals.List(message, "tool_calls").Index()) ReadCall(call, $"{at}.tool_calls[{index}]");
    }

    private void ReadCall(JsonElement call, string at)
    {
        var id = Refusals.Text(call, "id");
        var type = Refusals.Text(call, "type");
        if (id is null) checks.Missing(at + ".id");
        else if (id.Length > LongestId) checks.TooLong(at + ".id", LongestId, id.Length);
        if (type is null) checks.Missing(at + ".type");
        else if (type is not ("function" or "custom")) checks.WrongValue(at + ".type", type, "function", "custom");
        else if (!Refusals.Has(call, type, out var inner)) checks.Missing($"{at}.{type}");
        else
        {
            if (Refusals.Text(inner, "name") is null) checks.Missing($"{at}.{type}.name");
            var arguments = type == "function" ? "arguments" : "input";
            if (!Refusals.Has(inner, arguments, out var text)) checks.Missing($"{at}.{type}.{arguments}");
            else if (text.ValueKind != JsonValueKind.String) checks.WrongType($"{at}.{type}.{arguments}", "a string", text);
        }

        _openCalls.Add(id ?? "");
        _afterCalls = true;
    }

    private void ReadResult(JsonElement message, string at, int index)
    {
        var id = Refusals.Text(message, "tool_call_id");
        if (id is null) checks.Missing(at + ".tool_call_id");
        else if (!_afterCalls)
            checks.Refuse("Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.", $"messages.[{index}].role");
        else if (!_openCalls.Remove(id))
            checks.Refuse($"Invalid parameter: 'tool_call_id' of '{id}' not found in 'tool_calls' of previous message.", $"messages.[{index}].tool_call_id");
        if (!Refusals.Has(message, "content", out _)) checks.Missing(at + ".content");
        _utterances.Add(new Utterance(Speaker.ToolResult, string.Join('\n', ReadContent(message, at, "text"))));
    }

    private List<string> ReadContent(JsonElement message, string at, params ReadOnlySpan<string> partTypes)
    {
        var texts = new List<string>();
        if (!Refusals.Has(message, "content", out var content))
        {
            checks.Refuse("Invalid value for 'content': expected a string, got null.", at + ".content");
            return texts;
        }

        if (content.ValueKind == JsonValueKind.String)
        {
            texts.Add(content.GetString()!);
            return texts;
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            checks.WrongType(at + ".content", "one of a string or array of objects", content);
            return texts;
        }

        if (content.GetArrayLength() == 0) checks.EmptyArray(at + ".content");
        foreach (var (index, part) in content.EnumerateArray().Index())
        {
            var type = Refusals.Text(part, "type");
            var where = $"{at}.content[{index}]";
            if (type is null) checks.Missing(where + ".type");
            else if (!partTypes.Contains(type)) checks.WrongValue(where + ".type", type, partTypes.ToArray());
            else if (type is "text" or "refusal" && Refusals.Text(part, type) is not { } text) checks.Missing($"{where}.{type}");
            else if (type is "text") texts.Add(Refusals.Text(part, "text")!);
            else if (type is "image_url") CheckImage(part, where);
        }

        return texts;
    }

    private void CheckImage(JsonElement part, string at)
    {
        if (!Refusals.Has(part, "image_url", out var image)) checks.Missing(at + ".image_url");
        else if (Refusals.Text(image, "url") is not { } url) checks.Missing(at + ".image_url.url");
        else if (url.StartsWith("data:", StringComparison.Ordinal))
        {
            if (!url.StartsWith("data:image/", StringComparison.Ordinal))
                checks.Refuse("Invalid MIME type. Only image types are supported.", at + ".image_url.url", "invalid_image_format");
            else if (url[11..].Split(';')[0] is not ("png" or "jpeg" or "jpg" or "gif" or "webp"))
                checks.Refuse("You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].", at + ".image_url.url", "invalid_image_format");
        }
        else if (!url.StartsWith("http", StringComparison.Ordinal))
        {
            checks.Refuse("Invalid 'image_url': expected a valid URL, but got a value with an invalid format.", at + ".image_url.url", "invalid_value");
        }
    }

    private void CheckOpenCalls()
    {
        if (_openCalls.Count == 0) return;
        checks.Refuse(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: " + string.Join(", ", _openCalls),
            "messages");
        _openCalls.Clear();
    }
}
