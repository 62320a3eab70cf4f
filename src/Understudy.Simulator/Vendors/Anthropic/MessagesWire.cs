using System.Text.Json;
using Understudy.Simulator.Answers;
using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Vendors.Anthropic;

/// <summary>
/// <c>POST /v1/messages</c> and its count of tokens: answers as the vendor writes them. An event's <c>event:</c> line is
/// not optional here: the SDKs dispatch on it.
/// </summary>
internal sealed class MessagesWire(bool countsOnly) : ICallWire
{
    public string StreamContentType => "text/event-stream; charset=utf-8";

    public string ModelOf(CallSource source) => Refusals.Text(source.Body, "model") ?? "";

    public bool AsksForStream(CallSource source) => Refusals.Flag(source.Body, "stream");

    public ApiError? Read(CallSource source, out ModelCall call) => new MessagesReader(source, countsOnly).Read(out call);

    public ReadOnlyMemory<byte>? ShortAnswer(ModelCall call) =>
        // not "? … : null": null would become empty memory by the conversion from byte[]
        countsOnly ? JsonBytes.Object(json => json.WriteNumber("input_tokens", call.InputTokens)) : default(ReadOnlyMemory<byte>?);

    public ReadOnlyMemory<byte> Whole(AnswerContext context) =>
        JsonBytes.Object(json => WriteMessage(json, context, whole: true));

    public IEnumerable<Frame> Stream(AnswerContext context)
    {
        yield return Event("message_start", FrameKind.Framing, json =>
        {
            json.WriteStartObject("message");
            WriteMessage(json, context, whole: false);
            json.WriteEndObject();
        });

        var pinged = false;
        for (var index = 0; index < context.Answer.Parts.Count; index++)
        {
            var part = context.Answer.Parts[index];
            yield return BlockEvent("content_block_start", index, FrameKind.Framing, json => WriteBlock(json, "content_block", part, context, whole: false));
            if (!pinged)
            {
                pinged = true; // the vendor pings once the first block is open
                yield return Event("ping", FrameKind.Framing, _ => { });
            }

            foreach (var frame in Deltas(part, index, context)) yield return frame;
            yield return BlockEvent("content_block_stop", index, FrameKind.Framing, _ => { });
        }

        yield return Event("message_delta", FrameKind.Closing, json =>
        {
            json.WriteStartObject("delta");
            WriteStop(json, context.Answer);
            json.WriteEndObject();
            WriteUsage(json, context, context.Answer.Tokens, everything: false);
        });
        yield return Event("message_stop", FrameKind.Closing, _ => { });
    }

    public IEnumerable<Frame> StreamError(AnswerContext context, ApiError error, int framesSent)
    {
        yield return Event("error", FrameKind.Framing, json =>
        {
            json.WriteStartObject("error");
            json.WriteString("type", error.Type);
            json.WriteString("message", error.Message);
            json.WriteEndObject();
        });
    }

    private static IEnumerable<Frame> Deltas(AnswerPart part, int index, AnswerContext context)
    {
        if (part is ToolPart)
        {
            // the vendor's first delta of a tool's input is empty
            yield return BlockEvent("content_block_delta", index, FrameKind.Framing, json => WriteDelta(json, "input_json_delta", "partial_json", ""));
        }

        var hidden = part is ThinkingPart && context.Call.HidesThinking;
        foreach (var piece in hidden ? [] : part.Pieces)
        {
            yield return BlockEvent("content_block_delta", index, FrameKind.Content, json =>
            {
                switch (part)
                {
                    case ThinkingPart: WriteDelta(json, "thinking_delta", "thinking", piece); break;
                    case ToolPart: WriteDelta(json, "input_json_delta", "partial_json", piece); break;
                    default: WriteDelta(json, "text_delta", "text", piece); break;
                }
            });
        }

        if (part is ThinkingPart)
        {
            var signature = ThinkingSignature.Sign(part.Text, context.Seed);
            yield return BlockEvent("content_block_delta", index, FrameKind.Framing, json => WriteDelta(json, "signature_delta", "signature", signature));
        }
    }

    private static void WriteDelta(Utf8JsonWriter json, string type, string member, string value)
    {
        json.WriteStartObject("delta");
        json.WriteString("type", type);
        json.WriteString(member, value);
        json.WriteEndObject();
    }

    private static Frame Event(string name, FrameKind kind, Action<Utf8JsonWriter> members) => JsonBytes.Event(name, kind, json =>
    {
        json.WriteString("type", name);
        members(json);
    });

    private static Frame BlockEvent(string name, int index, FrameKind kind, Action<Utf8JsonWriter> members) => Event(name, kind, json =>
    {
        json.WriteNumber("index", index);
        members(json);
    });

    private static void WriteMessage(Utf8JsonWriter json, AnswerContext context, bool whole)
    {
        json.WriteString("model", context.Call.Model);
        json.WriteString("id", "msg_01" + context.Id);
        json.WriteString("type", "message");
        json.WriteString("role", "assistant");
        json.WriteStartArray("content");
        if (whole)
        {
            foreach (var part in context.Answer.Parts) WriteBlock(json, name: null, part, context, whole: true);
        }

        json.WriteEndArray();
        if (whole)
        {
            WriteStop(json, context.Answer);
        }
        else
        {
            json.WriteNull("stop_reason");
            json.WriteNull("stop_sequence");
        }

        WriteUsage(json, context, whole ? context.Answer.Tokens : 1, everything: true);
    }

    private static void WriteBlock(Utf8JsonWriter json, string? name, AnswerPart part, AnswerContext context, bool whole)
    {
        if (name is null) json.WriteStartObject();
        else json.WriteStartObject(name);
        switch (part)
        {
            case ThinkingPart:
                json.WriteString("type", "thinking");
                json.WriteString("thinking", whole && !context.Call.HidesThinking ? part.Text : "");
                json.WriteString("signature", whole ? ThinkingSignature.Sign(part.Text, context.Seed) : "");
                break;
            case ToolPart tool:
                json.WriteString("type", "tool_use");
                json.WriteString("id", "toolu_01" + tool.Id);
                json.WriteString("name", tool.Tool.Name);
                json.WritePropertyName("input");
                // input that was cut by max_tokens is no JSON: the vendor then gives what it could read, which is nothing
                json.WriteRawValue(whole && context.Answer.Stop != StopKind.MaxTokens ? part.Text : "{}");
                break;
            default:
                json.WriteString("type", "text");
                json.WriteString("text", whole ? part.Text : "");
                break;
        }

        json.WriteEndObject();
    }

    private static void WriteStop(Utf8JsonWriter json, Answer answer)
    {
        json.WriteString("stop_reason", answer.Stop switch
        {
            StopKind.End => "end_turn",
            StopKind.MaxTokens => "max_tokens",
            StopKind.StopSequence => "stop_sequence",
            StopKind.ToolUse => "tool_use",
        });
        json.WriteString("stop_sequence", answer.StopSequence);
    }

    private static void WriteUsage(Utf8JsonWriter json, AnswerContext context, int outputTokens, bool everything)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("input_tokens", context.Call.InputTokens - context.CacheRead - context.CacheWritten);
        json.WriteNumber("cache_creation_input_tokens", context.CacheWritten);
        json.WriteNumber("cache_read_input_tokens", context.CacheRead);
        if (everything)
        {
            json.WriteStartObject("cache_creation");
            json.WriteNumber("ephemeral_5m_input_tokens", context.CacheWritten);
            json.WriteNumber("ephemeral_1h_input_tokens", 0);
            json.WriteEndObject();
        }

        json.WriteNumber("output_tokens", outputTokens);
        if (everything) json.WriteString("service_tier", "standard");
        json.WriteEndObject();
    }
}
