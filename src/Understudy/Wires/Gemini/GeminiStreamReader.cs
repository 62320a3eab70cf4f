using System.Text;
using System.Text.Json;

namespace Understudy.Wires.Gemini;

/// <summary>
/// Reads a streamGenerateContent answer (<c>alt=sse</c>). There is no closing event: the body's end is the end, and it
/// is a good one only after a finish reason.
/// </summary>
internal sealed class GeminiStreamReader : AnswerStreamReader
{
    private byte[] _id = [];
    private DeltaText _text, _thinking;
    private bool _started;
    private bool _hadContent;
    private int _calls;

    /// <summary>Calls come whole, in one chunk.</summary>
    public override bool InToolCall => false;

    /// <inheritdoc/>
    public override EventMeaning Read(ReadOnlySpan<byte> sseEvent, IAnswerEvents? listener)
    {
        var data = SseEvent.Parse(sseEvent).Data;
        if (data.IsEmpty) return ReadUnframed(sseEvent);
        try
        {
            return ReadChunk(data, listener);
        }
        catch (JsonException)
        {
            if (ErrorBody.TryRead(data) is not { } error) return EventMeaning.Garbage;
            Error = error; // wrapped in an array
            return EventMeaning.Failed;
        }
    }

    private EventMeaning ReadChunk(ReadOnlySpan<byte> data, IAnswerEvents? listener)
    {
        var chunk = GeminiChunk.Read(data);
        if (chunk.HasUsage && !chunk.Usage.IsUnknown) Usage = chunk.Usage; // running: the last one counts
        if (!chunk.Error.IsEmpty)
        {
            Error = ErrorBody.Read(data);
            return EventMeaning.Failed;
        }

        if (GeminiWords.IsFailure(chunk.FinishReason))
        {
            Error = new(Encoding.UTF8.GetString(chunk.FinishReason), null, chunk.FinishMessage.IsEmpty ? null : JsonText.Unescape(chunk.FinishMessage), null);
            return EventMeaning.Failed;
        }

        if (!_started)
        {
            _started = true;
            _id = chunk.Id.ToArray();
            listener?.Start(chunk.Id.IsEmpty ? null : JsonText.Unescape(chunk.Id), chunk.Model.IsEmpty ? null : JsonText.Unescape(chunk.Model));
        }

        var meaning = chunk.Parts.IsEmpty ? EventMeaning.None : ReadParts(chunk.Parts, listener);
        if (meaning != EventMeaning.None) _hadContent = true;
        // A blocked prompt: a 200 without any candidate.
        var finish = GeminiWords.Finish(chunk.FinishReason) ?? (chunk is { BlockReason.IsEmpty: false, HasCandidate: false } ? Wires.FinishReason.Refusal : null);
        if (finish is { } reason)
        {
            // STOP comes after calls too, perhaps chunks later.
            FinishReason = reason == Wires.FinishReason.Stop && _calls > 0 ? Wires.FinishReason.ToolUse : reason;
            return meaning | EventMeaning.Finished;
        }

        return meaning == EventMeaning.None && !_hadContent ? EventMeaning.Opening : meaning;
    }

    private EventMeaning ReadParts(ReadOnlySpan<byte> json, IAnswerEvents? listener)
    {
        var meaning = EventMeaning.None;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var part = GeminiPart.Read(ref reader, json);
            if (part.IsCall)
            {
                meaning |= EventMeaning.ToolBegins | EventMeaning.ToolEnds | EventMeaning.Content;
                Tell(part, listener);
                _calls++;
            }
            else if (!part.Text.IsEmpty)
            {
                meaning |= Said(part.Text);
                if (listener is null) continue;
                if (part.IsThought && _thinking.Next(part.Text) is { Length: > 0 } thought) listener.Thinking(thought);
                else if (!part.IsThought && _text.Next(part.Text) is { Length: > 0 } text) listener.Text(text);
            }
            else if (part.IsOther)
            {
                meaning |= EventMeaning.Content;
            }
        }

        return meaning;
    }

    private void Tell(GeminiPart part, IAnswerEvents? listener)
    {
        if (listener is null) return;
        // Gemini 3 wants its signature back with the call. No other protocol's call has room for it, so it goes before
        // the call, as reasoning; an Anthropic client brings it back.
        if (!part.Signature.IsEmpty) listener.ThinkingSignature(GatewaySignature.Write(JsonText.Unescape(part.Signature), ReasoningMaker.Gemini));
        listener.ToolCall(_calls, part.CallId.IsEmpty ? ToolIds.Mint(_id, _calls) : JsonText.Unescape(part.CallId), JsonText.Unescape(part.CallName));
        if (!part.CallArguments.IsEmpty) listener.ToolArguments(_calls, Encoding.UTF8.GetString(part.CallArguments));
        listener.ToolCallEnd(_calls);
    }
}
