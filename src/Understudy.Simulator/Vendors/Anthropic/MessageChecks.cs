using System.Text.Json;
using Understudy.Simulator.Answers;

namespace Understudy.Simulator.Vendors.Anthropic;

/// <summary>The rules for <c>messages</c>: roles, blocks, pairs of tool calls and results, signatures.</summary>
internal sealed class MessageChecks(Refusals refusals, AnthropicModel rules, ulong seed)
{
    private static readonly string[] KnownBlocks =
    [
        "bash_code_execution_tool_result", "code_execution_tool_result", "container_upload", "document", "image", "mid_conv_system",
        "redacted_thinking", "search_result", "server_tool_use", "text", "text_editor_code_execution_tool_result", "thinking",
        "tool_reference", "tool_result", "tool_search_tool_result", "tool_use", "web_fetch_tool_result", "web_search_tool_result",
        "compaction", "fallback", "mcp_tool_use", "mcp_tool_result", "tool_addition", "tool_removal",
    ];

    private readonly List<Utterance> _utterances = [];
    private List<string> _openCalls = [];
    private int _callsAt;

    public IReadOnlyList<Utterance> Read(JsonElement body, bool thinks, bool byBudget)
    {
        if (!Refusals.Has(body, "messages", out var list) || list.ValueKind != JsonValueKind.Array) return _utterances;
        var messages = list.EnumerateArray().ToArray();
        if (messages.Length == 0) Refuse("messages: at least one message is required");

        string? previousRole = null;
        for (var i = 0; i < messages.Length; i++)
        {
            var isLast = i == messages.Length - 1;
            var role = CheckRole(messages[i], i);
            if (role is null) continue;
            if (i == 0 && role == "assistant") Refuse("messages: first message must use the \"user\" role");
            if (role == "system") continue; // neither speaks nor parts two turns
            if (role == "assistant" && previousRole == "user") CloseCalls();
            ReadContent(messages[i], i, role, isLast, merged: previousRole == role);
            previousRole = role;
        }

        if (byBudget) CheckLoop(messages);
        if (previousRole == "user") CloseCalls();
        else if (_openCalls.Count > 0) RefuseOpenCalls();
        if (previousRole == "assistant" && messages.Length > 0) CheckPrefill(thinks);
        return _utterances;
    }

    /// <summary>With a thinking budget, a tool loop under way has to begin with thinking: all of it is one assistant turn.</summary>
    private void CheckLoop(JsonElement[] messages)
    {
        var at = messages.Length - 1;
        while (at > 0 && (Refusals.Text(messages[at], "role") == "assistant" || FirstBlock(messages[at]) == "tool_result")) at--;
        if (++at >= messages.Length - 1 || Refusals.Text(messages[at], "role") != "assistant") return;
        if (FirstBlock(messages[at]) is not ("thinking" or "redacted_thinking") and var found)
            Refuse($"messages.{at}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{found}`. When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks). To avoid this requirement, disable `thinking`.");
    }

    private static string FirstBlock(JsonElement message) =>
        Refusals.List(message, "content").Select(block => Refusals.Text(block, "type")).FirstOrDefault() ?? "text";

    private void Refuse(string message) => refusals.Add(new ApiError(400, "invalid_request_error", message));

    private string? CheckRole(JsonElement message, int i)
    {
        var role = Refusals.Text(message, "role");
        if (message.ValueKind != JsonValueKind.Object) Refuse($"messages.{i}: Input should be an object");
        else if (role is null) Refuse($"messages.{i}.role: Field required");
        else if (role == "system" && rules.TakesSystemMessages && i > 0) return role;
        else if (role is not ("user" or "assistant"))
            Refuse(role == "system"
                ? "messages: Unexpected role \"system\". The Messages API accepts a top-level `system` parameter, not \"system\" as an input message role."
                : $"messages: Unexpected role \"{role}\". Allowed roles are \"user\" or \"assistant\"");
        else if (!Refusals.Has(message, "content", out _)) Refuse($"messages.{i}.content: Field required");
        else return CheckMembers(message, i) ? role : null;
        return null;
    }

    private bool CheckMembers(JsonElement message, int i)
    {
        foreach (var member in message.EnumerateObject())
        {
            if (member.Name is not ("role" or "content")) Refuse($"messages.{i}.{member.Name}: Extra inputs are not permitted");
        }

        return true;
    }

    private void ReadContent(JsonElement message, int i, string role, bool isLast, bool merged)
    {
        var speaker = role == "user" ? Speaker.User : Speaker.Assistant;
        var content = message.GetProperty("content");
        if (content.ValueKind == JsonValueKind.String)
        {
            var text = content.GetString()!;
            if (text.Length == 0 && !(isLast && role == "assistant"))
                Refuse($"messages.{i}: all messages must have non-empty content except for the optional final assistant message");
            if (role == "user" && !merged && _openCalls.Count > 0) RefuseOpenCalls();
            if (text.Length > 0) CheckText(text);
            _utterances.Add(new Utterance(speaker, text));
            return;
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            Refuse($"messages.{i}.content: Input should be a valid list");
            return;
        }

        if (content.GetArrayLength() == 0 && !(isLast && role == "assistant"))
            Refuse($"messages.{i}: all messages must have non-empty content except for the optional final assistant message");

        var textSeen = false;
        foreach (var (j, block) in content.EnumerateArray().Index())
        {
            var type = Refusals.Text(block, "type");
            if (type is not "tool_result") textSeen |= type is "text";
            ReadBlock(block, type, $"messages.{i}.content.{j}", i, speaker, textSeen);
        }
    }

    private void ReadBlock(JsonElement block, string? type, string at, int message, Speaker speaker, bool textSeen)
    {
        switch (type)
        {
            case null:
                Refuse(at + ".type: Field required");
                break;
            case "text":
                OnlyMembers(block, at + ".text", "type", "text", "cache_control", "citations");
                if (Refusals.Text(block, "text") is not { } text) Refuse(at + ".text.text: Field required");
                else
                {
                    CheckText(text);
                    _utterances.Add(new Utterance(speaker, text));
                }

                break;
            case "image":
                CheckImage(block, at);
                break;
            case "thinking":
                CheckThinking(block, at, speaker);
                break;
            case "tool_use":
                ReadToolUse(block, at, message, speaker);
                break;
            case "tool_result":
                ReadToolResult(block, at, speaker, textSeen);
                break;
            default:
                if (!KnownBlocks.Contains(type))
                    Refuse($"{at}: Input tag '{type}' found using 'type' does not match any of the expected tags: {string.Join(", ", KnownBlocks.Take(18).Select(name => $"'{name}'"))}");
                break;
        }
    }

    private void CheckText(string text)
    {
        if (text.Length == 0) Refuse("messages: text content blocks must be non-empty");
        else if (string.IsNullOrWhiteSpace(text)) Refuse("messages: text content blocks must contain non-whitespace text");
    }

    private void CheckImage(JsonElement block, string at)
    {
        if (!Refusals.Has(block, "source", out var source)) Refuse(at + ".image.source: Field required");
        else if (Refusals.Text(source, "type") == "base64")
        {
            if (Refusals.Text(source, "media_type") is not ("image/jpeg" or "image/png" or "image/gif" or "image/webp"))
                Refuse(at + ".image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'");
            else if (Refusals.Text(source, "data") is not { } data) Refuse(at + ".image.source.base64.data: Field required");
            else if (!System.Buffers.Text.Base64.IsValid(data)) Refuse(at + ".image.source.base64: invalid base64 data");
        }
        else if (Refusals.Text(source, "type") is not ("url" or "file"))
        {
            Refuse($"{at}.image.source: Input tag '{Refusals.Text(source, "type")}' found using 'type' does not match any of the expected tags: 'base64', 'url'");
        }
    }

    private void CheckThinking(JsonElement block, string at, Speaker speaker)
    {
        if (speaker != Speaker.Assistant) Refuse($"{at}: `thinking` blocks may only be in `assistant` messages");
        if (Refusals.Text(block, "signature") is not { } signature) Refuse(at + ".thinking.signature: Field required");
        else if (Refusals.Text(block, "thinking") is not { } thinking) Refuse(at + ".thinking.thinking: Field required");
        else if (!ThinkingSignature.IsValid(thinking, signature, seed)) Refuse($"{at}: Invalid `signature` in `thinking` block");
    }

    private void ReadToolUse(JsonElement block, string at, int message, Speaker speaker)
    {
        OnlyMembers(block, at + ".tool_use", "type", "id", "name", "input", "cache_control", "caller");
        if (speaker != Speaker.Assistant) Refuse($"{at}: `tool_use` blocks can only be in `assistant` messages");
        if (Refusals.Text(block, "id") is not { } id)
        {
            Refuse(at + ".tool_use.id: Field required");
            return;
        }

        if (!ToolIds.IsPlain(id)) Refuse(at + ".tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'");
        if (Refusals.Text(block, "name") is null) Refuse(at + ".tool_use.name: Field required");
        if (!Refusals.Has(block, "input", out var input)) Refuse(at + ".tool_use.input: Field required");
        else if (input.ValueKind != JsonValueKind.Object) Refuse(at + ".tool_use.input: Input should be an object");
        if (_openCalls.Contains(id)) Refuse("messages: `tool_use` ids must be unique");
        _openCalls.Add(id);
        _callsAt = message;
    }

    private void ReadToolResult(JsonElement block, string at, Speaker speaker, bool textSeen)
    {
        OnlyMembers(block, at + ".tool_result", "type", "tool_use_id", "content", "is_error", "cache_control");
        if (speaker != Speaker.User) Refuse($"{at}: `tool_result` blocks can only be in `user` messages");
        if (Refusals.Text(block, "tool_use_id") is not { } id)
        {
            Refuse(at + ".tool_result.tool_use_id: Field required");
            return;
        }

        if (!ToolIds.IsPlain(id)) Refuse(at + ".tool_result.tool_use_id: String should match pattern '^[a-zA-Z0-9_-]+$'");
        else if (textSeen && _openCalls.Contains(id)) RefuseOpenCalls(); // results have to come before any text
        else if (!_openCalls.Remove(id))
            Refuse($"{at}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.");
        _utterances.Add(new Utterance(Speaker.ToolResult, ResultText(block)));
    }

    private static string ResultText(JsonElement block)
    {
        if (!Refusals.Has(block, "content", out var content)) return "";
        return content.ValueKind == JsonValueKind.String
            ? content.GetString()!
            : string.Join('\n', Refusals.List(block, "content").Select(part => Refusals.Text(part, "text")).Where(text => text is not null));
    }

    private void OnlyMembers(JsonElement block, string at, params ReadOnlySpan<string> names)
    {
        foreach (var member in block.EnumerateObject())
        {
            if (!names.Contains(member.Name)) Refuse($"{at}.{member.Name}: Extra inputs are not permitted");
        }
    }

    private void CloseCalls()
    {
        if (_openCalls.Count > 0) RefuseOpenCalls();
        _openCalls = [];
    }

    private void RefuseOpenCalls() => Refuse(
        $"messages.{_callsAt}: `tool_use` ids were found without `tool_result` blocks immediately after: {string.Join(", ", _openCalls)}. Each `tool_use` block must have a corresponding `tool_result` block in the next message.");

    private void CheckPrefill(bool thinks)
    {
        if (!rules.TakesPrefill) Refuse("This model does not support assistant message prefill. The conversation must end with a user message.");
        if (thinks) Refuse("messages: Expected `thinking` or `redacted_thinking`, but found `text`. When `thinking` is enabled, a final `assistant` message must start with a thinking block.");
        if (_utterances.Count > 0 && _utterances[^1] is { Speaker: Speaker.Assistant, Text: { Length: > 0 } text } && char.IsWhiteSpace(text[^1]))
            Refuse("messages: final assistant content cannot end with trailing whitespace");
    }
}
