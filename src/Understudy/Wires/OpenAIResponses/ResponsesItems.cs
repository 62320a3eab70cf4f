using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Understudy.Wires.OpenAIResponses;

/// <summary>Builds output items and the response object around them. Items are kept as JSON, for a stream says each one twice.</summary>
internal static class ResponsesItems
{
    /// <summary>Ids of reasoning items that we wrote: OpenAI looks ids up, so they are known by sight when a client sends them back.</summary>
    public const string ReasoningPrefix = "rs_gw_";

    /// <summary>An item's id: each is made of the answer's own.</summary>
    public static string Id(string prefix, AnswerContext context, int index) => $"{prefix}{context.MessageId.Replace("resp_", "", StringComparison.Ordinal)}_{index}";

    public static string Message(AnswerContext context, int index, string text, bool isRefusal, string status) => Build((context, index, text, isRefusal, status), static (json, item) =>
    {
        json.WriteString("type"u8, "message"u8);
        json.WriteString("id"u8, Id("msg_", item.context, item.index));
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("status"u8, item.status);
        json.WriteStartArray("content"u8);
        if (item.status != "in_progress") WritePart(json, item.text, item.isRefusal);
        json.WriteEndArray();
    });

    /// <summary>A content part.</summary>
    public static void WritePart(Utf8JsonWriter json, string text, bool isRefusal)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, isRefusal ? "refusal"u8 : "output_text"u8);
        json.WriteString(isRefusal ? "refusal"u8 : "text"u8, text);
        if (!isRefusal)
        {
            json.WriteStartArray("annotations"u8);
            json.WriteEndArray();
            json.WriteStartArray("logprobs"u8);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    public static string Reasoning(AnswerContext context, int index, string text, string? encrypted) => Build((context, index, text, encrypted), static (json, item) =>
    {
        json.WriteString("type"u8, "reasoning"u8);
        json.WriteString("id"u8, Id(ReasoningPrefix, item.context, item.index));
        json.WriteStartArray("summary"u8);
        if (item.text.Length > 0)
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "summary_text"u8);
            json.WriteString("text"u8, item.text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (item.encrypted is not null) json.WriteString("encrypted_content"u8, item.encrypted);
    });

    /// <summary>A call, in the way the client's own tool is called.</summary>
    public static string Call(AnswerContext context, int index, ToolCallPart call, string status) => Build((context, index, call, status), static (json, item) =>
    {
        var tool = item.context.Tool(item.call.Name);
        var isFreeText = IsFreeText(item.context, item.call.Name);
        json.WriteString("type"u8, isFreeText ? "custom_tool_call"u8 : "function_call"u8);
        json.WriteString("id"u8, Id(isFreeText ? "ctc_" : "fc_", item.context, item.index));
        json.WriteString("call_id"u8, ToolIds.Common(item.call.Id));
        if (tool?.Namespace is { } space) json.WriteString("namespace"u8, space);
        json.WriteString("name"u8, item.call.Name);
        if (isFreeText) json.WriteString("input"u8, FreeText(item.call));
        else json.WriteString("arguments"u8, item.status == "in_progress" ? "" : item.call.Arguments.Length == 0 ? "{}" : item.call.Arguments);
        json.WriteString("status"u8, item.status);
    });

    /// <summary>Whether the client's tool takes free text.</summary>
    public static bool IsFreeText(AnswerContext context, string name) => context.Tool(name)?.Kind == ToolKind.FreeText;

    /// <summary>What another vendor's model put into the one field that stands for free text.</summary>
    public static string FreeText(ToolCallPart call)
    {
        if (call.IsFreeText || call.Arguments.Length == 0) return call.Arguments;
        try
        {
            using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(call.Arguments));
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("input", out var input) && input.ValueKind == JsonValueKind.String
                ? JsonText.TextOf(input)
                : call.Arguments;
        }
        catch (JsonException)
        {
            return call.Arguments;
        }
    }

    /// <summary>The response object's members; <paramref name="finish"/> is null while it is in progress.</summary>
    public static void WriteResponse(Utf8JsonWriter json, AnswerContext context, List<string> items, FinishReason? finish, Usage usage, ClientError? error = null)
    {
        var reason = finish switch
        {
            FinishReason.Length => "max_output_tokens",
            // A refusal in words is a completed answer.
            FinishReason.Refusal => items.Exists(item => item.Contains("\"type\":\"refusal\"", StringComparison.Ordinal)) ? null : "content_filter",
            null or FinishReason.Stop or FinishReason.StopSequence or FinishReason.ToolUse or FinishReason.Pause => null,
        };
        json.WriteString("id"u8, context.MessageId);
        json.WriteString("object"u8, "response"u8);
        json.WriteNumber("created_at"u8, context.Created);
        json.WriteString("status"u8, error is not null ? "failed" : finish is null ? "in_progress" : reason is null ? "completed" : "incomplete");
        if (error is null)
        {
            json.WriteNull("error"u8);
        }
        else
        {
            json.WriteStartObject("error"u8);
            json.WriteString("code"u8, OpenAIErrors.Of(error.Cause).Code ?? OpenAIErrors.Of(error.Cause).Type);
            json.WriteString("message"u8, error.Message);
            json.WriteEndObject();
        }

        if (reason is null)
        {
            json.WriteNull("incomplete_details"u8);
        }
        else
        {
            json.WriteStartObject("incomplete_details"u8);
            json.WriteString("reason"u8, reason);
            json.WriteEndObject();
        }

        json.WriteString("model"u8, context.Model);
        json.WriteStartArray("output"u8);
        foreach (var item in items) json.WriteRawValue(item, skipInputValidation: true);
        json.WriteEndArray();
        // What the client's library may insist on, though nobody asked for anything else.
        json.WriteBoolean("parallel_tool_calls"u8, true);
        json.WriteString("tool_choice"u8, "auto"u8);
        json.WriteStartArray("tools"u8);
        json.WriteEndArray();
        if (finish is null) json.WriteNull("usage"u8);
        else WriteUsage(json, usage);
    }

    private static void WriteUsage(Utf8JsonWriter json, Usage usage)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, usage.Input);
        json.WriteStartObject("input_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, usage.CacheRead);
        if (usage.CacheWrite > 0) json.WriteNumber("cache_write_tokens"u8, usage.CacheWrite);
        json.WriteEndObject();
        json.WriteNumber("output_tokens"u8, usage.Output);
        json.WriteStartObject("output_tokens_details"u8);
        json.WriteNumber("reasoning_tokens"u8, usage.Reasoning);
        json.WriteEndObject();
        json.WriteNumber("total_tokens"u8, usage.Input + usage.Output);
        json.WriteEndObject();
    }

    private static string Build<T>(T state, Action<Utf8JsonWriter, T> body)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, JsonText.Writing))
        {
            json.WriteStartObject();
            body(json, state);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
