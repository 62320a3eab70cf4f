using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Understudy.Wires.Anthropic;

/// <summary>Reads, writes and looks at whole Messages answers.</summary>
internal static class AnthropicAnswer
{
    public static Answer Read(JsonAt body)
    {
        if (body.FindText("type") is "error") throw body.Fail("This is an error, not an answer.");
        var losses = new List<string>();
        var parts = new List<Part>();
        foreach (var block in body.Need("content").Items()) parts.Add(AnthropicRequestReader.ReadPart(block, losses));
        var usage = default(AnthropicUsage);
        if (body.Find("usage") is { } counts) usage.Add(Encoding.UTF8.GetBytes(counts.Raw));
        var finish = AnthropicWords.Finish(Encoding.UTF8.GetBytes(body.FindText("stop_reason") ?? ""));
        return new()
        {
            Id = body.FindText("id"),
            Model = body.FindText("model"),
            Parts = parts,
            Finish = finish == FinishReason.Stop && parts.Exists(part => part is ToolCallPart) ? FinishReason.ToolUse : finish,
            StopSequence = body.FindText("stop_sequence"),
            Usage = usage.Total,
        };
    }

    public static void Write(Answer answer, AnswerContext context, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, JsonText.Writing);
        json.WriteStartObject();
        json.WriteString("id"u8, context.MessageId);
        json.WriteString("type"u8, "message"u8);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("model"u8, context.Model);
        json.WriteStartArray("content"u8);
        foreach (var part in answer.Parts)
        {
            if (part is TextPart { Text: "" } || (part is ThinkingPart or RedactedThinkingPart && !context.ShowThinking)) continue;
            if (part is RedactedThinkingPart { Maker: not ReasoningMaker.Anthropic }) continue;
            if (part is OpaquePart { Origin: not Calls.WireProtocol.AnthropicMessages }) continue;
            // A call that the token limit cut is not given as an object with a part of its arguments: it would be run.
            if (part is ToolCallPart { IsFreeText: false } half && !ArgumentScan.IsWhole(half.Arguments)) continue;
            var shown = part is ToolCallPart call ? call with { Id = ToolIds.Common(call.Id), Name = context.ToolName(call.Name) } : part;
            AnthropicContent.Write(json, shown, null, null);
        }

        json.WriteEndArray();
        json.WriteString("stop_reason"u8, AnthropicWords.Finish(answer.Finish));
        json.WriteString("stop_sequence"u8, answer.StopSequence);
        WriteUsage(json, answer.Usage);
        json.WriteEndObject();
    }

    /// <summary>Input excludes what was read from or written to the cache: counted twice it would be billed twice.</summary>
    public static void WriteUsage(Utf8JsonWriter json, Usage usage)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, Math.Max(0, usage.Input - usage.CacheRead - usage.CacheWrite));
        json.WriteNumber("cache_creation_input_tokens"u8, usage.CacheWrite);
        json.WriteNumber("cache_read_input_tokens"u8, usage.CacheRead);
        json.WriteNumber("output_tokens"u8, usage.Output);
        if (usage.Reasoning > 0)
        {
            json.WriteStartObject("output_tokens_details"u8);
            json.WriteNumber("thinking_tokens"u8, usage.Reasoning);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>One pass, nothing kept.</summary>
    public static AnswerCheck Inspect(ReadOnlySpan<byte> body)
    {
        var usage = default(AnthropicUsage);
        FinishReason? finish = null;
        bool isError = false, hasList = false, hasContent = false, calls = false;
        var reader = new Utf8JsonReader(body);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return new(AnswerState.Garbage, default, null, null);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (JsonText.Is(ref reader, "type"u8)) isError |= JsonText.NextString(ref reader).SequenceEqual("error"u8);
            else if (JsonText.Is(ref reader, "error"u8)) isError |= !JsonText.NextObject(ref reader, body).IsEmpty;
            else if (JsonText.Is(ref reader, "usage"u8)) usage.Add(JsonText.NextObject(ref reader, body));
            else if (JsonText.Is(ref reader, "stop_reason"u8)) finish = JsonText.NextString(ref reader) is { IsEmpty: false } reason ? AnthropicWords.Finish(reason) : null;
            else if (JsonText.Is(ref reader, "content"u8))
            {
                reader.Read();
                hasList = reader.TokenType == JsonTokenType.StartArray;
                if (hasList) InspectBlocks(ref reader, ref hasContent, ref calls);
                else reader.Skip();
            }
            else JsonText.Pass(ref reader);
        }

        reader.Read(); // throws where something follows
        if (isError) return new(AnswerState.Failed, usage.Total, finish, ErrorBody.Read(body));
        if (!hasList) return new(AnswerState.Garbage, usage.Total, finish, null);
        if (finish == FinishReason.Stop && calls) finish = FinishReason.ToolUse;
        return new(hasContent ? AnswerState.Good : AnswerState.Empty, usage.Total, finish, null);
    }

    private static void InspectBlocks(scoped ref Utf8JsonReader reader, ref bool hasContent, ref bool calls)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            ReadOnlySpan<byte> type = default;
            var hasText = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (JsonText.Is(ref reader, "type"u8)) type = JsonText.NextString(ref reader);
                else if (JsonText.Is(ref reader, "text"u8)) hasText |= !JsonText.NextString(ref reader).IsEmpty;
                else JsonText.Pass(ref reader);
            }

            calls |= type.SequenceEqual("tool_use"u8);
            hasContent |= hasText || !(type.SequenceEqual("text"u8) || type.SequenceEqual("thinking"u8) || type.SequenceEqual("redacted_thinking"u8));
        }
    }
}
