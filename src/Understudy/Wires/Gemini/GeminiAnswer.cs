using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Understudy.Wires.Gemini;

/// <summary>Reads, writes and looks at whole generateContent answers.</summary>
internal static class GeminiAnswer
{
    public static Answer Read(JsonAt body)
    {
        if (body.Find("error") is { } error) throw error.Fail("This is an error, not an answer.");
        var chunk = GeminiChunk.Read(Encoding.UTF8.GetBytes(body.Raw));
        if (GeminiWords.IsFailure(chunk.FinishReason)) throw body.Fail("The model's call could not be read.");
        if (!chunk.IsAnswer) throw body.Need("candidates").Fail("There is no candidate.");
        var id = body.FindText("responseId");
        var parts = new List<Part>();
        var calls = 0;
        var candidate = body.FindItems("candidates").Cast<JsonAt?>().FirstOrDefault();
        foreach (var part in candidate?.Find("content")?.FindItems("parts") ?? [])
        {
            if (part.Find("functionCall") is { } call)
            {
                parts.Add(new ToolCallPart(call.FindText("id") ?? ToolIds.Mint(Encoding.UTF8.GetBytes(id ?? ""), calls), call.NeedText("name"), call.Find("args")?.Raw ?? "{}") { GeminiSignature = part.FindText("thoughtSignature") });
                calls++;
            }
            else if (part.FindText("text") is { Length: > 0 } text)
            {
                parts.Add(part.FindBool("thought") == true ? new ThinkingPart(text, null, ReasoningMaker.Gemini) : new TextPart(text));
            }
        }

        return new()
        {
            Id = id,
            Model = body.FindText("modelVersion"),
            Parts = parts,
            Finish = Finish(chunk, calls > 0) ?? FinishReason.Stop,
            Usage = chunk.Usage,
        };
    }

    private static FinishReason? Finish(GeminiChunk chunk, bool calls)
    {
        var said = GeminiWords.Finish(chunk.FinishReason) ?? (chunk is { BlockReason.IsEmpty: false, HasCandidate: false } ? FinishReason.Refusal : null);
        return said == FinishReason.Stop && calls ? FinishReason.ToolUse : said;
    }

    public static void Write(Answer answer, AnswerContext context, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, JsonText.Writing);
        json.WriteStartObject();
        WriteCandidate(json, answer, answer.Finish, static (json, answer, context) =>
        {
            var isFirst = true;
            foreach (var part in answer.Parts)
            {
                WritePart(json, part, context, isFirst);
                isFirst &= part is not ToolCallPart;
            }
        }, context);
        WriteUsage(json, answer.Usage);
        WriteTail(json, context);
        json.WriteEndObject();
    }

    public static void WriteCandidate<T>(Utf8JsonWriter json, T state, FinishReason? finish, Action<Utf8JsonWriter, T, AnswerContext> parts, AnswerContext context)
    {
        json.WriteStartArray("candidates"u8);
        json.WriteStartObject();
        json.WriteStartObject("content"u8);
        json.WriteStartArray("parts"u8);
        parts(json, state, context);
        json.WriteEndArray();
        json.WriteString("role"u8, "model"u8);
        json.WriteEndObject();
        if (finish is { } reason) json.WriteString("finishReason"u8, GeminiWords.Finish(reason));
        json.WriteNumber("index"u8, 0);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WritePart(Utf8JsonWriter json, Part part, AnswerContext context, bool isFirst)
    {
        switch (part)
        {
            case TextPart { Text.Length: > 0 } text: WriteText(json, text.Text, isThought: false); break;
            case RefusalPart refusal: WriteText(json, refusal.Text, isThought: false); break;
            case ThinkingPart { Text.Length: > 0 } thinking when context.ShowThinking: WriteText(json, thinking.Text, isThought: true); break;
            case ToolCallPart call when ArgumentScan.IsWhole(call.Arguments): WriteCall(json, call with { Name = context.ToolName(call.Name) }, isFirst); break;
            default: break;
        }
    }

    public static void WriteText(Utf8JsonWriter json, string text, bool isThought)
    {
        json.WriteStartObject();
        json.WriteString("text"u8, text);
        if (isThought) json.WriteBoolean("thought"u8, true);
        json.WriteEndObject();
    }

    /// <summary>Writes a call.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="call">The call.</param>
    /// <param name="isFirst">Whether it is the answer's first call: that one carries a signature, and Gemini 3 refuses a history without.</param>
    public static void WriteCall(Utf8JsonWriter json, ToolCallPart call, bool isFirst)
    {
        json.WriteStartObject();
        json.WriteStartObject("functionCall"u8);
        json.WriteString("id"u8, call.Id);
        json.WriteString("name"u8, call.Name);
        json.WritePropertyName("args"u8);
        json.WriteRawValue(JsonText.OneLine(History.ArgumentsObject(call)), skipInputValidation: true);
        json.WriteEndObject();
        if ((call.GeminiSignature ?? (isFirst ? ForeignCall.Mark : null)) is { } signature) json.WriteString("thoughtSignature"u8, signature);
        json.WriteEndObject();
    }

    public static void WriteUsage(Utf8JsonWriter json, Usage usage)
    {
        json.WriteStartObject("usageMetadata"u8);
        json.WriteNumber("promptTokenCount"u8, usage.Input);
        if (usage.CacheRead > 0) json.WriteNumber("cachedContentTokenCount"u8, usage.CacheRead);
        json.WriteNumber("candidatesTokenCount"u8, Math.Max(0, usage.Output - usage.Reasoning));
        if (usage.Reasoning > 0) json.WriteNumber("thoughtsTokenCount"u8, usage.Reasoning);
        json.WriteNumber("totalTokenCount"u8, usage.Input + usage.Output);
        json.WriteEndObject();
    }

    public static void WriteTail(Utf8JsonWriter json, AnswerContext context)
    {
        json.WriteString("modelVersion"u8, context.Model);
        json.WriteString("responseId"u8, context.MessageId);
    }

    /// <summary>One pass, nothing kept.</summary>
    public static AnswerCheck Inspect(ReadOnlySpan<byte> body)
    {
        var chunk = GeminiChunk.Read(body);
        if (!chunk.Error.IsEmpty) return new(AnswerState.Failed, chunk.Usage, null, ErrorBody.Read(body));
        if (GeminiWords.IsFailure(chunk.FinishReason)) return new(AnswerState.Failed, chunk.Usage, null, new(Encoding.UTF8.GetString(chunk.FinishReason), null, null, null));
        if (!chunk.IsAnswer) return new(AnswerState.Garbage, chunk.Usage, null, null);
        bool content = false, calls = false;
        if (!chunk.Parts.IsEmpty) InspectParts(chunk.Parts, ref content, ref calls);
        return new(content || calls ? AnswerState.Good : AnswerState.Empty, chunk.Usage, Finish(chunk, calls), null);
    }

    private static void InspectParts(ReadOnlySpan<byte> json, ref bool content, ref bool calls)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var part = GeminiPart.Read(ref reader, json);
            calls |= part.IsCall;
            content |= part.IsOther || (!part.Text.IsEmpty && !part.IsThought); // thoughts alone answer nothing
        }
    }
}
