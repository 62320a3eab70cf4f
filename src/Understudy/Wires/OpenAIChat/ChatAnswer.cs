using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Understudy.Wires.OpenAIChat;

/// <summary>Reads, writes and looks at whole Chat Completions answers.</summary>
internal static class ChatAnswer
{
    public static Answer Read(JsonAt body)
    {
        if (body.Find("error") is { } error) throw error.Fail("This is an error, not an answer.");
        var choice = body.Need("choices").Items().Cast<JsonAt?>().FirstOrDefault() ?? throw body.Need("choices").Fail("There is no choice.");
        var message = choice.Need("message");
        var id = body.FindText("id");
        var parts = new List<Part>();
        if ((message.FindText("reasoning_content") ?? message.FindText("reasoning")) is { Length: > 0 } reasoning) parts.Add(new ThinkingPart(reasoning, null, ReasoningMaker.Unknown));
        if (message.Find("content") is { } content) ReadContent(content, parts);
        if (message.FindText("refusal") is { Length: > 0 } refusal) parts.Add(new RefusalPart(refusal));
        var calls = 0;
        foreach (var item in message.FindItems("tool_calls"))
        {
            var call = ChatRequestReader.ReadCall(item);
            parts.Add(call.Id.Length > 0 ? call : call with { Id = ToolIds.Mint(Encoding.UTF8.GetBytes(id ?? ""), calls) });
            calls++;
        }

        return new()
        {
            Id = id,
            Model = body.FindText("model"),
            Parts = parts,
            Finish = Finish(ChatWords.Finish(Encoding.UTF8.GetBytes(choice.FindText("finish_reason") ?? "")), calls > 0, parts.Exists(part => part is RefusalPart)),
            Usage = body.Find("usage") is { } usage ? ChatUsage.Read(Encoding.UTF8.GetBytes(usage.Raw)) : default,
        };
    }

    private static void ReadContent(JsonAt content, List<Part> parts)
    {
        if (content.IsText)
        {
            if (content.Text() is { Length: > 0 } text) parts.Add(new TextPart(text));
            return;
        }

        foreach (var part in content.Items())
        {
            // Mistral's reasoning models.
            if (part.FindText("type") == "thinking") parts.Add(new ThinkingPart(string.Concat(part.FindItems("thinking").Select(piece => piece.FindText("text"))), null, ReasoningMaker.Unknown));
            else if (part.FindText("text") is { Length: > 0 } text) parts.Add(new TextPart(text));
        }
    }

    /// <summary>Decided by what is there, not by the word alone: Ollama and older llama.cpp say "stop" after calls.</summary>
    private static FinishReason Finish(FinishReason said, bool calls, bool refused) =>
        said != FinishReason.Stop ? said : calls ? FinishReason.ToolUse : refused ? FinishReason.Refusal : said;

    public static void Write(Answer answer, AnswerContext context, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, JsonText.Writing);
        json.WriteStartObject();
        json.WriteString("id"u8, context.MessageId);
        json.WriteString("object"u8, "chat.completion"u8);
        json.WriteNumber("created"u8, context.Created);
        json.WriteString("model"u8, context.Model);
        json.WriteStartArray("choices"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, 0);
        WriteMessage(json, answer, context);
        json.WriteNull("logprobs"u8);
        json.WriteString("finish_reason"u8, ChatWords.Finish(answer.Finish));
        json.WriteEndObject();
        json.WriteEndArray();
        WriteUsage(json, answer.Usage);
        json.WriteEndObject();
    }

    private static void WriteMessage(Utf8JsonWriter json, Answer answer, AnswerContext context)
    {
        var text = string.Concat(answer.Parts.OfType<TextPart>().Select(part => part.Text));
        var refusal = string.Concat(answer.Parts.OfType<RefusalPart>().Select(part => part.Text));
        var calls = answer.Parts.OfType<ToolCallPart>().ToList();
        json.WriteStartObject("message"u8);
        json.WriteString("role"u8, "assistant"u8);
        if (text.Length == 0 && (calls.Count > 0 || refusal.Length > 0)) json.WriteNull("content"u8);
        else json.WriteString("content"u8, text);
        if (refusal.Length > 0) json.WriteString("refusal"u8, refusal);
        else json.WriteNull("refusal"u8);
        if (context.ShowThinking && string.Concat(answer.Parts.OfType<ThinkingPart>().Select(part => part.Text)) is { Length: > 0 } thinking) json.WriteString("reasoning_content"u8, thinking);
        if (calls.Count > 0)
        {
            json.WriteStartArray("tool_calls"u8);
            foreach (var call in calls) ChatMessages.WriteCall(json, call with { Id = ToolIds.Common(call.Id) }, context.ToolName(call.Name), null);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    public static void WriteUsage(Utf8JsonWriter json, Usage usage)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, usage.Input);
        json.WriteNumber("completion_tokens"u8, usage.Output);
        json.WriteNumber("total_tokens"u8, usage.Input + usage.Output);
        json.WriteStartObject("prompt_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, usage.CacheRead);
        if (usage.CacheWrite > 0) json.WriteNumber("cache_write_tokens"u8, usage.CacheWrite);
        json.WriteEndObject();
        json.WriteStartObject("completion_tokens_details"u8);
        json.WriteNumber("reasoning_tokens"u8, usage.Reasoning);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>One pass, nothing kept. The fields of an answer are those of a stream's chunk, with "message" for "delta".</summary>
    public static AnswerCheck Inspect(ReadOnlySpan<byte> body)
    {
        var chunk = ChatChunk.Read(body);
        var usage = chunk.Usage.IsEmpty ? default : ChatUsage.Read(chunk.Usage);
        if (!chunk.Error.IsEmpty || chunk.FinishReason.SequenceEqual("error"u8)) return new(AnswerState.Failed, usage, null, ErrorBody.Read(body));
        if (!chunk.HasChoice) return new(AnswerState.Garbage, usage, null, null);
        var calls = false;
        var whole = chunk.ToolCalls.IsEmpty || CallsAreWhole(chunk.ToolCalls, ref calls);
        var said = chunk.FinishReason.IsEmpty ? null as FinishReason? : Finish(ChatWords.Finish(chunk.FinishReason), calls, !chunk.Refusal.IsEmpty);
        if (!whole && said is not (FinishReason.Length or FinishReason.Refusal)) return new(AnswerState.Garbage, usage, said, null);
        var empty = chunk.Content.IsEmpty && chunk.ContentParts.IsEmpty && chunk.Refusal.IsEmpty && !calls;
        return new(empty ? AnswerState.Empty : AnswerState.Good, usage, said, null);
    }

    private static bool CallsAreWhole(ReadOnlySpan<byte> json, ref bool any)
    {
        var whole = true;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            any = true;
            var call = ChatToolCall.Read(ref reader, json);
            var scan = default(ArgumentScan);
            scan.AddEscaped(call.Arguments);
            whole &= call.IsCustom || scan.Whole;
        }

        return whole;
    }
}
