using System.Text.Json;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Streaming;

/// <summary>
/// Stands between the bytes that a provider sends and those that a client gets: cuts them into whole events, has each
/// one read, and says what may go out. Before the first content nothing may; a tool call goes out when it is whole.
/// One object an attempt.
/// </summary>
internal abstract class AnswerRelay : IDisposable
{
    /// <summary>The largest event that is taken; a longer one is garbage. Whole answers come in single events here and there.</summary>
    public const int MaxEventBytes = 10 * 1024 * 1024;

    private readonly PooledBuffer _tail = new();
    private int _tailConsumed;
    private int _resume;

    /// <summary>Watches the events.</summary>
    public required AnswerStreamReader Reader { get; init; }

    /// <summary>Everything that was read so far, or-ed together.</summary>
    public EventMeaning Seen { get; private set; }

    /// <summary>
    /// How many events with content came: about the tokens of the answer where nobody tells them, for the servers that
    /// leave usage out of a stream (OpenAI's kind) send a token an event.
    /// </summary>
    public int ContentEvents { get; private set; }

    /// <summary>Whether content has come: the commit point.</summary>
    public bool Committed => (Seen & EventMeaning.Content) != 0;

    /// <summary>Whether the answer has ended without a word, and lawfully: refused, paused, or stopped before the first word.</summary>
    public bool EndedWithoutWord => !Committed && (Seen & (EventMeaning.Finished | EventMeaning.Closed)) != 0
        && Reader.FinishReason is (FinishReason.Refusal or FinishReason.Pause or FinishReason.Length or FinishReason.StopSequence);

    /// <summary>What may go out now, first part; valid until the next feed. Say <see cref="Sent"/> when it has gone.</summary>
    public ReadOnlyMemory<byte> Ready { get; protected set; }

    /// <summary>What may go out now, second part.</summary>
    public ReadOnlyMemory<byte> Ready2 { get; protected set; }

    /// <summary>Takes the next bytes.</summary>
    /// <returns>What they mean, or-ed together.</returns>
    public EventMeaning Feed(ReadOnlyMemory<byte> piece)
    {
        if (_tailConsumed > 0)
        {
            _tail.Consume(_tailConsumed);
            _tailConsumed = 0;
        }

        var window = piece;
        var fromTail = _tail.Length > 0;
        if (fromTail)
        {
            _tail.Append(piece.Span);
            window = _tail.Written;
        }

        var meaning = EventMeaning.None;
        var at = 0;
        while (SseSplitter.TryFindEnd(window.Span[at..], ref _resume, out var length))
        {
            var one = Take(window, at, length);
            meaning |= one;
            Seen |= one;
            if ((one & EventMeaning.Content) != 0) ContentEvents++;
            at += length;
            if ((one & (EventMeaning.Failed | EventMeaning.Garbage | EventMeaning.Closed)) != 0) break;
        }

        EndFeed(window, at);
        var left = window.Length - at;
        if (fromTail) _tailConsumed = at;
        else if (left > 0) _tail.Append(window.Span[at..]);
        if (left > MaxEventBytes)
        {
            meaning |= EventMeaning.Garbage;
            Seen |= EventMeaning.Garbage;
        }

        return meaning;
    }

    /// <summary>
    /// The body is over: reads a last event that lacks only its blank line, and drops half a one. Half an event must never
    /// go out: every client would choke on it, and nothing could follow.
    /// </summary>
    public EventMeaning FeedEnd()
    {
        var tail = _tail.Span[_tailConsumed..];
        if (tail.IsEmpty) return EventMeaning.None;
        var data = SseEvent.Parse(tail).Data;
        // A body that is no stream at all (a web page, an error as plain JSON) has no blank line: it is looked at all the same.
        var isNoStream = data.IsEmpty && Seen == EventMeaning.None;
        return isNoStream || IsWhole(data) ? Feed("\n\n"u8.ToArray()) : EventMeaning.None;
    }

    /// <summary>What was ready has gone out.</summary>
    public abstract void Sent();

    /// <summary>Makes ready what is still held although the answer did not end as it should: the answer is whole all the same.</summary>
    public abstract void ReleaseHeld();

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        _tail.Dispose();
        Reader.Dispose();
    }

    private static bool IsWhole(ReadOnlySpan<byte> data)
    {
        if (data.SequenceEqual("[DONE]"u8)) return true;
        if (data.IsEmpty || data[0] != '{') return false;
        try
        {
            var reader = new Utf8JsonReader(data);
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Reads the event at <paramref name="at"/>.</summary>
    protected abstract EventMeaning Take(ReadOnlyMemory<byte> window, int at, int length);

    /// <summary>A feed ends: the events before <paramref name="end"/> have been read.</summary>
    protected abstract void EndFeed(ReadOnlyMemory<byte> window, int end);
}
