using System.Text.Json;

namespace Understudy.Wires.OpenAIResponses;

/// <summary>Reads a Responses stream. Items are known by their place in the output: some servers change their ids between events.</summary>
internal sealed class ResponsesStreamReader : AnswerStreamReader
{
    private readonly List<Item> _items = [];
    private bool _started;
    private bool _refused;
    private int _calls;
    private int _open;

    /// <inheritdoc/>
    public override bool InToolCall => _open > 0;

    /// <inheritdoc/>
    public override EventMeaning Read(ReadOnlySpan<byte> sseEvent, IAnswerEvents? listener)
    {
        var parsed = SseEvent.Parse(sseEvent);
        if (parsed.Data.IsEmpty) return ReadUnframed(sseEvent);
        if (parsed.Data.StartsWith("[DONE]"u8)) return FinishReason is null ? EventMeaning.Closed : EventMeaning.None;
        try
        {
            var meaning = ReadFrame(parsed, listener);
            return meaning;
        }
        catch (JsonException)
        {
            return EventMeaning.Garbage;
        }
    }

    private EventMeaning ReadFrame(SseEvent parsed, IAnswerEvents? listener)
    {
        var frame = ResponsesFrame.Read(parsed.Data);
        var type = frame.Type.IsEmpty ? parsed.Name : frame.Type;
        if (type.SequenceEqual("response.output_text.delta"u8)) return Piece(frame, Channel.Text, listener);
        if (type.SequenceEqual("response.function_call_arguments.delta"u8) || type.SequenceEqual("response.custom_tool_call_input.delta"u8)) return Arguments(Find(frame.OutputIndex), frame.Delta, listener);
        if (type.SequenceEqual("response.function_call_arguments.done"u8) || type.SequenceEqual("response.custom_tool_call_input.done"u8)) return Find(frame.OutputIndex) is { HadPiece: false } late ? Arguments(late, frame.Arguments, listener) : EventMeaning.None;
        if (type.SequenceEqual("response.output_item.added"u8)) return Added(frame, listener);
        if (type.SequenceEqual("response.output_item.done"u8)) return Done(frame, listener);
        if (type.SequenceEqual("response.reasoning_summary_text.delta"u8) || type.SequenceEqual("response.reasoning_text.delta"u8)) return Piece(frame, Channel.Thinking, listener);
        if (type.SequenceEqual("response.refusal.delta"u8)) return Piece(frame, Channel.Refusal, listener);
        if (type.SequenceEqual("response.completed"u8) || type.SequenceEqual("response.incomplete"u8)) return Ended(frame, listener);
        if (type.SequenceEqual("response.failed"u8)) return Failed(frame.Response.IsEmpty ? parsed.Data : frame.Response);
        if (type.SequenceEqual("error"u8) || frame.HasError) return Failed(parsed.Data);
        if (type.SequenceEqual("response.created"u8) || type.SequenceEqual("response.in_progress"u8) || type.SequenceEqual("response.queued"u8))
        {
            if (!_started) Begin(frame.Response.IsEmpty ? default : ResponsesHead.Read(frame.Response), listener);
            return EventMeaning.Opening;
        }

        // Structure around the pieces. It says nothing new, and goes out with what comes after it: a client that has half
        // of a block's ending could not be continued.
        if (type.StartsWith("response.content_part."u8) || type.StartsWith("response.reasoning_summary_part."u8)
            || type.SequenceEqual("response.output_text.done"u8) || type.SequenceEqual("response.refusal.done"u8)
            || type.SequenceEqual("response.reasoning_summary_text.done"u8) || type.SequenceEqual("response.reasoning_text.done"u8)) return EventMeaning.Opening;
        return EventMeaning.None; // keepalive, the "done" events that repeat their deltas, hosted tools' progress, what may come
    }

    private void Begin(ResponsesHead head, IAnswerEvents? listener)
    {
        _started = true;
        listener?.Start(head.Id.IsEmpty ? null : JsonText.Unescape(head.Id), head.Model.IsEmpty ? null : JsonText.Unescape(head.Model));
    }

    private EventMeaning Failed(ReadOnlySpan<byte> json)
    {
        Error ??= ErrorBody.TryRead(json) ?? new UpstreamError("server_error", null, null, null); // the error event comes first, and says more
        return EventMeaning.Failed;
    }

    private EventMeaning Added(ResponsesFrame frame, IAnswerEvents? listener)
    {
        if (frame.Item.IsEmpty) return EventMeaning.Garbage;
        if (!_started) Begin(default, listener);
        var head = ResponsesItem.Read(frame.Item);
        if (head.IsFunction || head.IsCustom)
        {
            BeginCall(frame.OutputIndex, head, listener);
            return EventMeaning.ToolBegins | EventMeaning.Content;
        }

        _items.Add(new() { Index = frame.OutputIndex });
        return head.Type.SequenceEqual("message"u8) || head.Type.SequenceEqual("reasoning"u8)
            ? EventMeaning.Opening
            : EventMeaning.Content; // hosted tools: the client can use them, no other protocol can say them
    }

    private Item BeginCall(int index, ResponsesItem head, IAnswerEvents? listener)
    {
        var item = new Item { Index = index, Call = _calls++, IsCustom = head.IsCustom, Open = true };
        _items.Add(item);
        _open++;
        listener?.ToolCall(item.Call, JsonText.Unescape(head.CallId), JsonText.Unescape(head.Name));
        return item;
    }

    private EventMeaning Done(ResponsesFrame frame, IAnswerEvents? listener)
    {
        if (frame.Item.IsEmpty) return EventMeaning.Garbage;
        if (!_started) Begin(default, listener);
        var head = ResponsesItem.Read(frame.Item);
        var item = Find(frame.OutputIndex);
        if (head.IsFunction || head.IsCustom) return CallDone(frame.OutputIndex, item, head, listener);
        if (head.Type.SequenceEqual("reasoning"u8))
        {
            // From here and not from .added: there it is not whole.
            if (!head.Encrypted.IsEmpty) listener?.ThinkingSignature(GatewaySignature.Write(JsonText.Unescape(head.Encrypted), ReasoningMaker.OpenAI));
            listener?.BlockEnd();
            return EventMeaning.None;
        }

        if (item is { HadPiece: true })
        {
            listener?.BlockEnd();
            return EventMeaning.None;
        }

        if (!head.Type.SequenceEqual("message"u8) || head.Content.IsEmpty || head.Content[0] != '[') return EventMeaning.None;
        // A server that sends no deltas.
        var meaning = EventMeaning.None;
        var content = new Utf8JsonReader(head.Content);
        content.Read();
        while (ResponsesItem.NextPart(ref content, out var text, out var isRefusal))
        {
            if (text.IsEmpty) continue;
            meaning = EventMeaning.Content;
            _refused |= isRefusal;
            if (isRefusal) listener?.Refusal(JsonText.Unescape(text));
            else listener?.Text(JsonText.Unescape(text));
        }

        return meaning;
    }

    private EventMeaning CallDone(int index, Item? item, ResponsesItem head, IAnswerEvents? listener)
    {
        var meaning = EventMeaning.None;
        if (item is null)
        {
            item = BeginCall(index, head, listener);
            meaning = EventMeaning.ToolBegins | EventMeaning.Content;
        }

        if (!item.HadPiece) meaning |= Arguments(item, head.Arguments, listener);
        // Half a call stays open: see Ended.
        if (!item.Open || !(item.IsCustom || item.Scan.Whole)) return meaning;
        item.Open = false;
        _open--;
        listener?.ToolCallEnd(item.Call);
        return _open == 0 ? meaning | EventMeaning.ToolEnds : meaning;
    }

    private static EventMeaning Arguments(Item? item, ReadOnlySpan<byte> raw, IAnswerEvents? listener)
    {
        if (item is null) return EventMeaning.Garbage;
        if (raw.IsEmpty) return EventMeaning.None;
        item.HadPiece = true;
        if (!item.IsCustom) item.Scan.AddEscaped(raw);
        if (listener is not null && item.Deltas.Next(raw) is { Length: > 0 } piece) listener.ToolArguments(item.Call, piece);
        return EventMeaning.Content;
    }

    private EventMeaning Piece(ResponsesFrame frame, Channel channel, IAnswerEvents? listener)
    {
        if (frame.Delta.IsEmpty) return EventMeaning.None;
        if (!_started) Begin(default, listener);
        if (Find(frame.OutputIndex) is not { } item) _items.Add(item = new() { Index = frame.OutputIndex });
        item.HadPiece = true;
        _refused |= channel == Channel.Refusal;
        if (listener is null || item.Deltas.Next(frame.Delta) is not { Length: > 0 } text) return Said(frame.Delta);
        switch (channel)
        {
            case Channel.Text: listener.Text(text); break;
            case Channel.Thinking: listener.Thinking(text); break;
            case Channel.Refusal: listener.Refusal(text); break;
        }

        return Said(frame.Delta);
    }

    private EventMeaning Ended(ResponsesFrame frame, IAnswerEvents? listener)
    {
        if (frame.Response.IsEmpty) return EventMeaning.Garbage;
        var head = ResponsesHead.Read(frame.Response);
        if (!head.Usage.IsUnknown) Usage = head.Usage;
        FinishReason = ResponsesAnswer.Finish(head, _calls > 0, _refused);
        Contradicted = _open > 0 && FinishReason is not (Wires.FinishReason.Length or Wires.FinishReason.Refusal);
        Complete(listener);
        return EventMeaning.Finished | EventMeaning.Closed | (Contradicted ? EventMeaning.Garbage : EventMeaning.None);
    }

    private Item? Find(int index)
    {
        foreach (var item in _items)
        {
            if (item.Index == index) return item;
        }

        return null;
    }

    private enum Channel
    {
        Text,
        Thinking,
        Refusal,
    }

    private sealed class Item
    {
        public ArgumentScan Scan;
        public DeltaText Deltas;
        public int Index { get; init; }
        public int Call { get; init; }
        public bool IsCustom { get; init; }
        public bool HadPiece { get; set; }
        public bool Open { get; set; }
    }
}
