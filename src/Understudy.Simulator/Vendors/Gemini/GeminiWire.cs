using System.Text;
using System.Text.Json;
using Understudy.Simulator.Answers;
using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Vendors.Gemini;

/// <summary>What a Gemini path asks for behind its colon.</summary>
internal enum GeminiVerb
{
    Generate,
    StreamEvents,
    StreamArray,
    Count,
}

/// <summary>
/// <c>:generateContent</c>, <c>:streamGenerateContent</c> as events or as an array that comes in pieces, and
/// <c>:countTokens</c>. A stream has no closing event: its end is a chunk with a <c>finishReason</c>, then the end of the body.
/// </summary>
internal sealed class GeminiWire(GeminiVerb verb) : ICallWire
{
    private const string LineEnd = "\r\n";

    public string StreamContentType => verb == GeminiVerb.StreamArray ? "application/json; charset=UTF-8" : "text/event-stream";

    public string ModelOf(CallSource source)
    {
        var path = source.Request.Path.Value ?? "";
        var start = path.IndexOf("/models/", StringComparison.Ordinal) + "/models/".Length;
        return path[start..path.LastIndexOf(':')];
    }

    public bool AsksForStream(CallSource source) => verb is GeminiVerb.StreamEvents or GeminiVerb.StreamArray;

    public ApiError? Read(CallSource source, out ModelCall call)
    {
        var error = new GeminiReader(source, ModelOf(source)).Read(out call);
        call = call with { Stream = AsksForStream(source) };
        return error;
    }

    public ReadOnlyMemory<byte>? ShortAnswer(ModelCall call) => verb == GeminiVerb.Count
        ? JsonBytes.Object(json => json.WriteNumber("totalTokens", call.InputTokens))
        : default(ReadOnlyMemory<byte>?);

    public ReadOnlyMemory<byte> Whole(AnswerContext context) => JsonBytes.Object(json => WriteChunk(json, context, context.Answer.Tokens, finish: true, parts =>
    {
        foreach (var part in Shown(context))
        {
            if (part is ToolPart tool) WriteCall(parts, tool, context);
            else WriteText(parts, part, part.Text);
        }
    }));

    public IEnumerable<Frame> Stream(AnswerContext context)
    {
        var chunks = Chunks(context).ToArray();
        for (var i = 0; i < chunks.Length; i++)
        {
            var (kind, members) = chunks[i];
            if (verb == GeminiVerb.StreamEvents) yield return JsonBytes.Data(kind, members, LineEnd);
            else yield return Element(kind, members, first: i == 0, last: i == chunks.Length - 1);
        }
    }

    public IEnumerable<Frame> StreamError(AnswerContext context, ApiError error, int framesSent)
    {
        if (verb == GeminiVerb.StreamEvents) yield return JsonBytes.Data(FrameKind.Framing, json => GeminiVendor.WriteError(json, error), LineEnd);
        else yield return Element(FrameKind.Framing, json => GeminiVendor.WriteError(json, error), first: framesSent == 0, last: true);
    }

    private static IEnumerable<(FrameKind Kind, Action<Utf8JsonWriter> Members)> Chunks(AnswerContext context)
    {
        var tokens = 0;
        foreach (var part in Shown(context))
        {
            if (part is ToolPart tool)
            {
                // a call comes whole, in one chunk
                tokens += part.Pieces.Count;
                var soFar = tokens;
                yield return (FrameKind.Content, json => WriteChunk(json, context, soFar, finish: false, parts => WriteCall(parts, tool, context)));
                continue;
            }

            foreach (var piece in part.Pieces)
            {
                var soFar = ++tokens;
                yield return (FrameKind.Content, json => WriteChunk(json, context, soFar, finish: false, parts => WriteText(parts, part, piece)));
            }
        }

        yield return (FrameKind.Closing, json => WriteChunk(json, context, context.Answer.Tokens, finish: true, parts => WriteText(parts, null, "")));
    }

    private static Frame Element(FrameKind kind, Action<Utf8JsonWriter> members, bool first, bool last)
    {
        var text = (first ? "[" : "\n,\r\n") + Encoding.UTF8.GetString(JsonBytes.Object(members).Span) + (last ? "\n]\n" : "");
        return new Frame(Encoding.UTF8.GetBytes(text), kind);
    }

    private static IEnumerable<AnswerPart> Shown(AnswerContext context) =>
        context.Answer.Parts.Where(part => part is not ThinkingPart || !context.Call.HidesThinking);

    private static void WriteChunk(Utf8JsonWriter json, AnswerContext context, int tokens, bool finish, Action<Utf8JsonWriter> parts)
    {
        json.WriteStartArray("candidates");
        json.WriteStartObject();
        json.WriteStartObject("content");
        json.WriteStartArray("parts");
        parts(json);
        json.WriteEndArray();
        json.WriteString("role", "model");
        json.WriteEndObject();
        if (finish) json.WriteString("finishReason", context.Answer.Stop == StopKind.MaxTokens ? "MAX_TOKENS" : "STOP");
        json.WriteNumber("index", 0);
        json.WriteEndObject();
        json.WriteEndArray();

        var thinking = Math.Min(tokens, context.Answer.ThinkingTokens);
        json.WriteStartObject("usageMetadata");
        json.WriteNumber("promptTokenCount", context.Call.InputTokens);
        if (context.CacheRead > 0) json.WriteNumber("cachedContentTokenCount", context.CacheRead);
        json.WriteNumber("candidatesTokenCount", tokens - thinking); // thoughts are counted apart
        json.WriteNumber("totalTokenCount", context.Call.InputTokens + tokens);
        if (thinking > 0) json.WriteNumber("thoughtsTokenCount", thinking);
        json.WriteEndObject();
        json.WriteString("modelVersion", context.Call.Model);
        json.WriteString("responseId", context.Id);
    }

    private static void WriteText(Utf8JsonWriter json, AnswerPart? part, string text)
    {
        json.WriteStartObject();
        json.WriteString("text", text);
        if (part is ThinkingPart) json.WriteBoolean("thought", true);
        json.WriteEndObject();
    }

    private static void WriteCall(Utf8JsonWriter json, ToolPart tool, AnswerContext context)
    {
        json.WriteStartObject();
        json.WriteStartObject("functionCall");
        json.WriteString("id", tool.Id);
        json.WriteString("name", tool.Tool.Name);
        json.WritePropertyName("args");
        json.WriteRawValue(context.Answer.Stop == StopKind.MaxTokens ? "{}" : tool.Text);
        json.WriteEndObject();
        // of parallel calls only the first is signed
        if (ReferenceEquals(tool, context.Answer.Parts.First(part => part is ToolPart))) json.WriteString("thoughtSignature", GeminiSignature.Sign(tool.Tool.Name, context.Seed));
        json.WriteEndObject();
    }
}
