using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Understudy.Wires.OpenAIResponses;

/// <summary>Reads, writes and looks at whole Responses answers.</summary>
internal static class ResponsesAnswer
{
    /// <summary>There is no word for tool calls: a completed response that holds one wants it run.</summary>
    public static FinishReason Finish(ResponsesHead head, bool calls, bool refused) =>
        head.Reason.SequenceEqual("content_filter"u8) ? FinishReason.Refusal
        : head.Status.SequenceEqual("incomplete"u8) || !head.Reason.IsEmpty ? FinishReason.Length
        : calls ? FinishReason.ToolUse
        : refused ? FinishReason.Refusal
        : FinishReason.Stop;

    public static Answer Read(JsonAt body)
    {
        if (body.FindText("status") == "failed") throw body.Fail("This is an error, not an answer.");
        var parts = new List<Part>();
        foreach (var item in body.Need("output").Items()) ResponsesRequestReader.ReadOutputItem(item, parts);
        var head = ResponsesHead.Read(Encoding.UTF8.GetBytes(body.Raw));
        return new()
        {
            Id = body.FindText("id"),
            Model = body.FindText("model"),
            Parts = parts,
            Finish = Finish(head, parts.Exists(part => part is ToolCallPart), parts.Exists(part => part is RefusalPart)),
            Usage = head.Usage,
        };
    }

    public static void Write(Answer answer, AnswerContext context, IBufferWriter<byte> output)
    {
        var items = new List<string>();
        var text = new StringBuilder();
        var cut = answer.Finish == FinishReason.Length;
        foreach (var part in answer.Parts)
        {
            if (part is TextPart said)
            {
                text.Append(said.Text);
                continue;
            }

            if (text.Length > 0) items.Add(ResponsesItems.Message(context, items.Count, text.ToString(), isRefusal: false, "completed"));
            text.Clear();
            switch (part)
            {
                case RefusalPart refusal: items.Add(ResponsesItems.Message(context, items.Count, refusal.Text, isRefusal: true, "completed")); break;
                case ThinkingPart thinking when context.ShowThinking: items.Add(ResponsesItems.Reasoning(context, items.Count, thinking.Text, thinking.Maker == ReasoningMaker.OpenAI ? thinking.Signature : null)); break;
                case ToolCallPart call when call.IsFreeText || ArgumentScan.IsWhole(call.Arguments): items.Add(ResponsesItems.Call(context, items.Count, call with { Name = context.ToolName(call.Name) }, "completed")); break;
                default: break;
            }
        }

        if (text.Length > 0) items.Add(ResponsesItems.Message(context, items.Count, text.ToString(), isRefusal: false, cut ? "incomplete" : "completed"));
        using var json = new Utf8JsonWriter(output, JsonText.Writing);
        json.WriteStartObject();
        ResponsesItems.WriteResponse(json, context, items, answer.Finish, answer.Usage);
        json.WriteEndObject();
    }

    /// <summary>One pass, nothing kept.</summary>
    public static AnswerCheck Inspect(ReadOnlySpan<byte> body)
    {
        var head = ResponsesHead.Read(body);
        if (head.HasError || head.Status.SequenceEqual("failed"u8)) return new(AnswerState.Failed, head.Usage, null, ErrorBody.TryRead(body) ?? new UpstreamError("server_error", null, null, null));
        if (!head.IsResponse) return new(AnswerState.Garbage, head.Usage, null, null);
        bool calls = false, content = false, refused = false, whole = true;
        var reader = new Utf8JsonReader(head.Output);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var item = ResponsesItem.Read(JsonText.Slice(ref reader, head.Output));
            if (item.IsFunction || item.IsCustom)
            {
                calls = true;
                var scan = default(ArgumentScan);
                scan.AddEscaped(item.Arguments);
                whole &= item.IsCustom || scan.Whole;
            }
            else if (item.Type.SequenceEqual("message"u8))
            {
                InspectMessage(item.Content, ref content, ref refused);
            }
            else
            {
                content |= !item.Type.SequenceEqual("reasoning"u8);
            }
        }

        var finish = Finish(head, calls, refused);
        if (!whole && finish is not (FinishReason.Length or FinishReason.Refusal)) return new(AnswerState.Garbage, head.Usage, finish, null);
        return new(content || calls ? AnswerState.Good : AnswerState.Empty, head.Usage, finish, null);
    }

    private static void InspectMessage(ReadOnlySpan<byte> json, ref bool content, ref bool refused)
    {
        if (json.IsEmpty || json[0] != '[') return;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (ResponsesItem.NextPart(ref reader, out var text, out var isRefusal))
        {
            content |= !text.IsEmpty;
            refused |= isRefusal;
        }
    }
}
