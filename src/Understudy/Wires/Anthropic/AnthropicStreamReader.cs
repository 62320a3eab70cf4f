using System.Text.Json;

namespace Understudy.Wires.Anthropic;

/// <summary>Reads an Anthropic Messages stream. One pass over each event serves watching and decoding, so the two can't disagree.</summary>
internal sealed class AnthropicStreamReader : AnswerStreamReader
{
    private readonly List<Block> _blocks = [];
    private AnthropicUsage _usage;
    private Block? _texts; // the block of the events of the shape
    private bool _started;
    private int _calls;
    private int _openCalls;

    private enum BlockKind
    {
        Text,
        Thinking,
        Tool,
        Other,
    }

    /// <inheritdoc/>
    public override bool InToolCall => _openCalls > 0;

    /// <inheritdoc/>
    public override EventMeaning Read(ReadOnlySpan<byte> sseEvent, IAnswerEvents? listener)
    {
        // The index is part of the shape, so the block is the same one.
        if (Shape.Fits(sseEvent, out var text)) return Piece(_texts!, text, listener);
        Shape.Forget();
        var parsed = SseEvent.Parse(sseEvent);
        if (parsed.Data.IsEmpty) return parsed.Name.IsEmpty ? ReadUnframed(sseEvent) : EventMeaning.None;
        try
        {
            return Read(sseEvent, parsed.Data, parsed.Name, listener);
        }
        catch (JsonException)
        {
            return EventMeaning.Garbage;
        }
    }

    private EventMeaning Read(ReadOnlySpan<byte> sseEvent, ReadOnlySpan<byte> json, ReadOnlySpan<byte> name, IAnswerEvents? listener)
    {
        var frame = Frame.Read(json);
        // The data's own type rules; some compatible servers leave it out and give only the event's name.
        var type = frame.Type.IsEmpty ? name : frame.Type;
        return type switch
        {
            _ when type.SequenceEqual("content_block_delta"u8) => Delta(sseEvent, frame, listener),
            _ when type.SequenceEqual("content_block_start"u8) => BlockStart(frame, listener),
            _ when type.SequenceEqual("content_block_stop"u8) => BlockStop(frame, listener),
            _ when type.SequenceEqual("message_start"u8) => MessageStart(frame, listener),
            _ when type.SequenceEqual("message_delta"u8) => MessageDelta(frame, listener),
            _ when type.SequenceEqual("message_stop"u8) => MessageStop(listener),
            _ when type.SequenceEqual("error"u8) || !frame.Error.IsEmpty => Failed(json),
            _ => EventMeaning.None, // ping, and kinds of events that do not exist yet
        };
    }

    private EventMeaning Failed(ReadOnlySpan<byte> json)
    {
        Error = ErrorBody.Read(json);
        return EventMeaning.Failed;
    }

    private EventMeaning MessageStart(Frame frame, IAnswerEvents? listener)
    {
        if (frame.Message.IsEmpty) return EventMeaning.Garbage;
        var message = MessageHead.Read(frame.Message);
        AddUsage(message.Usage);
        if (!_started)
        {
            _started = true;
            listener?.Start(TextOrNull(message.Id), TextOrNull(message.Model));
        }

        return EventMeaning.Opening;
    }

    private EventMeaning BlockStart(Frame frame, IAnswerEvents? listener)
    {
        if (frame.Block.IsEmpty) return EventMeaning.Garbage;
        EnsureStarted(listener);
        var start = BlockHead.Read(frame.Block);
        var block = new Block { Index = frame.Index };
        _blocks.Add(block);
        if (start.Type.SequenceEqual("text"u8))
        {
            block.Kind = BlockKind.Text;
            return Piece(block, start.Text, listener) | EventMeaning.Opening;
        }

        if (start.Type.SequenceEqual("thinking"u8))
        {
            block.Kind = BlockKind.Thinking;
            var meaning = Piece(block, start.Thinking, listener) | EventMeaning.Opening;
            if (!start.Signature.IsEmpty) listener?.ThinkingSignature(JsonText.Unescape(start.Signature));
            return meaning;
        }

        if (start.Type.SequenceEqual("tool_use"u8)) return ToolStart(block, start, listener);
        block.Kind = BlockKind.Other;
        if (start.Type.SequenceEqual("redacted_thinking"u8))
        {
            // Nobody but its maker can read it, so it commits to nothing.
            listener?.RedactedThinking(JsonText.Unescape(start.Data));
            return EventMeaning.Opening;
        }

        return EventMeaning.Content; // server tools and what may come: the client can use it, no other protocol can say it
    }

    private EventMeaning ToolStart(Block block, BlockHead start, IAnswerEvents? listener)
    {
        block.Kind = BlockKind.Tool;
        block.Call = _calls++;
        _openCalls++;
        listener?.ToolCall(block.Call, JsonText.Unescape(start.Id), JsonText.Unescape(start.Name));

        // Some compatible servers give the whole input here and no deltas.
        if (start.Input.Length > 2 && start.Input[1..^1].IndexOfAnyExcept(" \t\r\n"u8) >= 0) listener?.ToolArguments(block.Call, System.Text.Encoding.UTF8.GetString(start.Input));
        return EventMeaning.ToolBegins | EventMeaning.Content;
    }

    private EventMeaning Delta(ReadOnlySpan<byte> sseEvent, Frame frame, IAnswerEvents? listener)
    {
        EnsureStarted(listener);
        if (Find(frame.Index) is not { } block)
        {
            // A server that sends no block start: the delta says what it belongs to.
            if (frame.DeltaType.SequenceEqual("input_json_delta"u8)) return EventMeaning.Garbage;
            block = new() { Index = frame.Index, Kind = frame.DeltaType.SequenceEqual("text_delta"u8) ? BlockKind.Text : BlockKind.Thinking };
            _blocks.Add(block);
        }

        if (frame.DeltaType.SequenceEqual("text_delta"u8))
        {
            if (block.Kind == BlockKind.Text && !frame.Text.IsEmpty)
            {
                _texts = block;
                Shape.Learn(sseEvent, frame.Text);
            }

            return Piece(block, frame.Text, listener);
        }

        if (frame.DeltaType.SequenceEqual("thinking_delta"u8)) return Piece(block, frame.Thinking, listener);
        if (frame.DeltaType.SequenceEqual("input_json_delta"u8))
        {
            if (frame.PartialJson.IsEmpty) return EventMeaning.None;
            if (block.Kind == BlockKind.Tool)
            {
                block.Arguments.AddEscaped(frame.PartialJson);
                if (listener is not null && block.Deltas.Next(frame.PartialJson) is { Length: > 0 } piece) listener.ToolArguments(block.Call, piece);
            }

            return EventMeaning.Content;
        }

        if (frame.DeltaType.SequenceEqual("signature_delta"u8))
        {
            if (frame.Signature.IsEmpty) return EventMeaning.None;
            listener?.ThinkingSignature(JsonText.Unescape(frame.Signature));
            // Structure: it goes out with what follows, so that a client never has a signed block that is not closed. Where
            // the thinking is hidden there is nothing else, and nothing yet that a client could miss.
            return EventMeaning.Opening;
        }

        return frame.DeltaType.SequenceEqual("citations_delta"u8) ? EventMeaning.Content : EventMeaning.None;
    }

    private EventMeaning Piece(Block block, ReadOnlySpan<byte> raw, IAnswerEvents? listener)
    {
        if (raw.IsEmpty) return EventMeaning.None;
        block.HadText = true;
        if (listener is not null && block.Deltas.Next(raw) is { Length: > 0 } text)
        {
            if (block.Kind == BlockKind.Thinking) listener.Thinking(text);
            else listener.Text(text);
        }

        return Said(raw);
    }

    private EventMeaning BlockStop(Frame frame, IAnswerEvents? listener)
    {
        if (Find(frame.Index) is not { } block) return EventMeaning.None;
        // A half call is left open: whether that is the token limit's doing is known at message_delta only.
        if (block.Kind == BlockKind.Tool && !block.Arguments.Whole) return EventMeaning.None;
        _blocks.Remove(block);
        if (block.Kind != BlockKind.Tool)
        {
            listener?.BlockEnd();
            return EventMeaning.None;
        }

        _openCalls--;
        listener?.ToolCallEnd(block.Call);
        return _openCalls == 0 ? EventMeaning.ToolEnds : EventMeaning.None;
    }

    private EventMeaning MessageDelta(Frame frame, IAnswerEvents? listener)
    {
        EnsureStarted(listener);
        AddUsage(frame.Usage);
        if (frame.StopReason.IsEmpty) return EventMeaning.None;
        var reason = AnthropicWords.Finish(frame.StopReason);
        FinishReason = reason == Wires.FinishReason.Stop && _calls > 0 ? Wires.FinishReason.ToolUse : reason;
        StopSequence = TextOrNull(frame.StopSequence);
        // A call that was never closed is the token limit's mark; with any other reason the answer contradicts itself,
        // and a client would run half a call.
        Contradicted = _openCalls > 0 && FinishReason is not (Wires.FinishReason.Length or Wires.FinishReason.Refusal);
        return Contradicted ? EventMeaning.Finished | EventMeaning.Garbage : EventMeaning.Finished;
    }

    private EventMeaning MessageStop(IAnswerEvents? listener)
    {
        Complete(listener);
        return EventMeaning.Closed;
    }

    private void AddUsage(ReadOnlySpan<byte> usage)
    {
        if (usage.IsEmpty) return;
        _usage.Add(usage);
        Usage = _usage.Total;
    }

    private void EnsureStarted(IAnswerEvents? listener)
    {
        if (_started) return;
        _started = true;
        listener?.Start(null, null);
    }

    private Block? Find(int index)
    {
        foreach (var block in _blocks)
        {
            if (block.Index == index) return block;
        }

        return null;
    }

    private static string? TextOrNull(ReadOnlySpan<byte> raw) => raw.IsEmpty ? null : JsonText.Unescape(raw);

    private sealed class Block
    {
        public ArgumentScan Arguments;
        public DeltaText Deltas;
        public int Index { get; init; }
        public int Call { get; set; }
        public BlockKind Kind { get; set; }
        public bool HadText { get; set; }
    }
}
