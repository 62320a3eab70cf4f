using System.Text;
using System.Text.Json;

namespace Understudy.Wires.OpenAIChat;

/// <summary>
/// Reads a Chat Completions stream, with the habits of the servers that only resemble OpenAI. One pass over each chunk
/// serves watching and decoding, so the two can't disagree.
/// </summary>
internal sealed class ChatStreamReader : AnswerStreamReader
{
    private readonly List<Call> _calls = [];
    private byte[] _id = [];
    private DeltaText _text, _thinking, _refusal;
    private bool _started;
    private bool _hadContent;
    private bool _refused;
    private int _open;

    /// <inheritdoc/>
    public override bool InToolCall => _open > 0;

    /// <inheritdoc/>
    public override EventMeaning Read(ReadOnlySpan<byte> sseEvent, IAnswerEvents? listener)
    {
        if (Shape.Fits(sseEvent, out var text)) return Piece(text, ref _text, listener, Channel.Text);
        Shape.Forget();
        var parsed = SseEvent.Parse(sseEvent);
        if (parsed.Data.IsEmpty) return ReadUnframed(sseEvent);
        if (parsed.Data.StartsWith("[DONE]"u8))
        {
            // A server that forgets the finish reason says by this that it is done.
            var finished = FinishReason is null && _hadContent && Error is null ? Finish("stop"u8, listener) : EventMeaning.None;
            Complete(listener);
            return finished | EventMeaning.Closed;
        }

        try
        {
            return Read(sseEvent, parsed, listener);
        }
        catch (JsonException)
        {
            return EventMeaning.Garbage;
        }
    }

    private EventMeaning Read(ReadOnlySpan<byte> sseEvent, SseEvent parsed, IAnswerEvents? listener)
    {
        var chunk = ChatChunk.Read(parsed.Data);
        if (!chunk.Error.IsEmpty || parsed.Name.SequenceEqual("error"u8) || chunk.FinishReason.SequenceEqual("error"u8))
        {
            Error = ErrorBody.TryRead(parsed.Data) ?? new UpstreamError("error", null, null, null);
            return EventMeaning.Failed;
        }

        if (!_started && (chunk.HasChoice || !chunk.Id.IsEmpty))
        {
            _started = true;
            _id = chunk.Id.ToArray();
            listener?.Start(TextOrNull(chunk.Id), TextOrNull(chunk.Model));
        }

        var meaning = EventMeaning.None;
        meaning |= Piece(chunk.Reasoning, ref _thinking, listener, Channel.Thinking);
        if (!chunk.ContentParts.IsEmpty) meaning |= ReadContentParts(chunk.ContentParts, listener);
        if (!chunk.Content.IsEmpty) meaning |= EndTools(listener) | Piece(chunk.Content, ref _text, listener, Channel.Text);
        _refused |= !chunk.Refusal.IsEmpty;
        meaning |= Piece(chunk.Refusal, ref _refusal, listener, Channel.Refusal);
        if (!chunk.ToolCalls.IsEmpty) meaning |= ReadToolCalls(chunk.ToolCalls, listener);
        if (meaning != EventMeaning.None) _hadContent = true;
        else if (!_hadContent && FinishReason is null) meaning = EventMeaning.Opening; // role only, or Azure's empty first chunk

        if (!chunk.Usage.IsEmpty && ChatUsage.Read(chunk.Usage) is { IsUnknown: false } usage) Usage = usage; // on every chunk with some servers: the last one counts
        if (!chunk.FinishReason.IsEmpty) meaning = (meaning & ~EventMeaning.Opening) | Finish(chunk.FinishReason, listener);
        else if (_open == 0 && FinishReason is null && chunk.IsTextAlone) Shape.Learn(sseEvent, chunk.Content);
        return meaning;
    }

    private EventMeaning Finish(ReadOnlySpan<byte> reason, IAnswerEvents? listener)
    {
        var ends = EndTools(listener);
        var finish = ChatWords.Finish(reason);
        // Ollama and older llama.cpp say "stop" after tool calls.
        FinishReason = finish != Wires.FinishReason.Stop ? finish
            : _calls.Count > 0 ? Wires.FinishReason.ToolUse
            : _refused ? Wires.FinishReason.Refusal
            : finish;
        // Half a call is what the token limit leaves. With any other reason the answer contradicts itself, and a client
        // would run half a call.
        Contradicted = _open > 0 && FinishReason is not (Wires.FinishReason.Length or Wires.FinishReason.Refusal);
        return ends | EventMeaning.Finished | (Contradicted ? EventMeaning.Garbage : EventMeaning.None);
    }

    /// <summary>Ends the open calls if all are whole; a half one stays open, and with it all that came after it.</summary>
    private EventMeaning EndTools(IAnswerEvents? listener)
    {
        if (_open == 0) return EventMeaning.None;
        foreach (var call in _calls)
        {
            if (call.Open && (call.IsCustom || call.Arguments.Whole)) End(call, listener);
        }

        return _open == 0 ? EventMeaning.ToolEnds : EventMeaning.None;
    }

    private void End(Call call, IAnswerEvents? listener)
    {
        Announce(call, listener);
        call.Open = false;
        _open--;
        listener?.ToolCallEnd(call.Number);
    }

    private EventMeaning ReadToolCalls(ReadOnlySpan<byte> json, IAnswerEvents? listener)
    {
        var meaning = EventMeaning.None;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var delta = ChatToolCall.Read(ref reader, json);
            if (Find(delta) is not { } call)
            {
                if (delta.Name.IsEmpty && delta.Id.IsEmpty && delta.Arguments.IsEmpty) continue;
                call = Begin(delta, listener);
                meaning |= EventMeaning.ToolBegins | EventMeaning.Content;
            }

            meaning |= Feed(call, delta, listener);
        }

        return meaning;
    }

    private Call Begin(ChatToolCall delta, IAnswerEvents? listener)
    {
        // What came before and is whole can be told as whole now; OpenAI itself fills one call after the other.
        foreach (var earlier in _calls)
        {
            if (earlier.Open && earlier.Arguments.Ended) End(earlier, listener);
        }

        var call = new Call { Number = _calls.Count, Index = delta.Index, Id = delta.Id.ToArray(), IsCustom = delta.IsCustom, Open = true };
        _calls.Add(call);
        _open++;
        return call;
    }

    private EventMeaning Feed(Call call, ChatToolCall delta, IAnswerEvents? listener)
    {
        if (call.Id.Length == 0 && !delta.Id.IsEmpty) call.Id = delta.Id.ToArray();
        if (listener is not null && call.Name is null && !delta.Name.IsEmpty) call.Name = JsonText.Unescape(delta.Name);
        var piece = delta.Arguments;
        if (piece.IsEmpty && delta.ArgumentsObject.IsEmpty)
        {
            if (call.Name is not null) Announce(call, listener);
            return EventMeaning.None;
        }

        if (piece.IsEmpty) call.Arguments.AddPlain(delta.ArgumentsObject);
        else call.Arguments.AddEscaped(piece);
        if (listener is null) return EventMeaning.Content;
        var text = piece.IsEmpty ? Encoding.UTF8.GetString(delta.ArgumentsObject) : call.Deltas.Next(piece);
        if (call.Name is null)
        {
            (call.Waiting ??= new()).Append(text);
            return EventMeaning.Content;
        }

        Announce(call, listener);
        if (text.Length > 0 && call.Open) listener.ToolArguments(call.Number, text);
        return EventMeaning.Content;
    }

    /// <summary>Tells of a call once its name is known.</summary>
    private void Announce(Call call, IAnswerEvents? listener)
    {
        if (listener is null || call.Announced) return;
        call.Announced = true;
        var id = call.Id.Length > 0 ? JsonText.Unescape(call.Id) : ToolIds.Mint(_id, call.Number);
        listener.ToolCall(call.Number, id, call.Name ?? "");
        if (call.Waiting is { Length: > 0 } waiting) listener.ToolArguments(call.Number, waiting.ToString());
    }

    /// <summary>Which call a delta belongs to; null for a new one. Servers disagree on all of index, id and name.</summary>
    private Call? Find(ChatToolCall delta)
    {
        if (_calls.Count == 0) return null;
        for (var i = _calls.Count - 1; i >= 0; i--)
        {
            var call = _calls[i];
            if (!delta.Id.IsEmpty && call.Id.AsSpan().SequenceEqual(delta.Id) && (delta.Index < 0 || call.Index == delta.Index)) return call;
            if (delta.Index >= 0 && call.Index == delta.Index)
            {
                // The same index with another id, or a name after a whole call, is a new call: Google's and Ollama's
                // surfaces say index 0 for all of them.
                if (!delta.Id.IsEmpty && call.Id.Length > 0) return null;
                return !delta.Name.IsEmpty && call.Arguments.Ended ? null : call;
            }
        }

        return delta.Index < 0 && delta.Id.IsEmpty && delta.Name.IsEmpty ? _calls[^1] : null;
    }

    private enum Channel
    {
        Text,
        Thinking,
        Refusal,
    }

    private EventMeaning Piece(ReadOnlySpan<byte> raw, ref DeltaText deltas, IAnswerEvents? listener, Channel channel)
    {
        if (raw.IsEmpty) return EventMeaning.None;
        if (listener is null || deltas.Next(raw) is not { Length: > 0 } text) return Said(raw);
        switch (channel)
        {
            case Channel.Text: listener.Text(text); break;
            case Channel.Thinking: listener.Thinking(text); break;
            case Channel.Refusal: listener.Refusal(text); break;
        }

        return Said(raw);
    }

    /// <summary>Mistral's reasoning models: <c>[{type:"thinking",thinking:[{type:"text",text}]},{type:"text",text}]</c>.</summary>
    private EventMeaning ReadContentParts(ReadOnlySpan<byte> json, IAnswerEvents? listener)
    {
        var meaning = EventMeaning.None;
        var thinking = false;
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            if (reader.CurrentDepth == 2 && JsonText.Is(ref reader, "type"u8)) thinking = JsonText.NextString(ref reader).SequenceEqual("thinking"u8);
            else if (JsonText.Is(ref reader, "text"u8))
            {
                var text = JsonText.NextString(ref reader);
                meaning |= thinking
                    ? Piece(text, ref _thinking, listener, Channel.Thinking)
                    : EndTools(listener) | Piece(text, ref _text, listener, Channel.Text);
            }
        }

        return meaning;
    }

    private static string? TextOrNull(ReadOnlySpan<byte> raw) => raw.IsEmpty ? null : JsonText.Unescape(raw);

    private sealed class Call
    {
        public ArgumentScan Arguments;
        public DeltaText Deltas;
        public byte[] Id { get; set; } = [];
        public int Number { get; init; }
        public int Index { get; init; }
        public bool IsCustom { get; init; }
        public bool Open { get; set; }
        public bool Announced { get; set; }
        public string? Name { get; set; }
        public StringBuilder? Waiting { get; set; }
    }
}
