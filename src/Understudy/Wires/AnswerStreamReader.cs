namespace Understudy.Wires;

/// <summary>
/// Reads the events of one provider's stream. With no listener it only says what each event means, cheaply: that is
/// how a passed-through stream is watched. With a listener it decodes as well: that is how a stream is translated, and
/// how the kept bytes of a cut stream are understood. One object an attempt; not thread-safe.
/// </summary>
public abstract class AnswerStreamReader : IDisposable
{
    /// <summary>The shape of the event before, where it was text and nothing else.</summary>
    private protected EventShape Shape;

    /// <summary>Tokens told so far.</summary>
    public Usage Usage { get; protected set; }

    /// <summary>What an error event said; null while there was none.</summary>
    public UpstreamError? Error { get; protected set; }

    /// <summary>Why the answer ended, once that was said.</summary>
    public FinishReason? FinishReason { get; protected set; }

    /// <summary>Which of the caller's stop sequences was hit, where the protocol tells.</summary>
    public string? StopSequence { get; protected set; }

    /// <summary>Whether a tool call is begun that is not whole yet.</summary>
    public abstract bool InToolCall { get; }

    /// <summary>Reads one whole event, as <see cref="SseSplitter"/> cuts them: its lines, with or without the blank line that ends it.</summary>
    /// <param name="sseEvent">The raw bytes. Never a piece of an event.</param>
    /// <param name="listener">Who hears what it says; null to only watch, which must not allocate for a content event.</param>
    public abstract EventMeaning Read(ReadOnlySpan<byte> sseEvent, IAnswerEvents? listener);

    /// <summary>
    /// Says <see cref="IAnswerEvents.Finish"/> if the answer finished and that was not said yet: to be called when the
    /// body has ended. The finish waits for the closing event, because usage comes between the two, and several servers
    /// send no closing event. Harmless when called twice or after a cut.
    /// </summary>
    public void Complete(IAnswerEvents? listener)
    {
        if (FinishReason is not { } reason || _finishSaid || Contradicted || Error is not null) return;
        _finishSaid = true;
        listener?.Finish(reason, StopSequence, Usage);
    }

    /// <summary>Gives back what it holds of the pool. Nothing may be read afterwards.</summary>
    public void Dispose()
    {
        Shape.Release();
        _repetition.Release();
        GC.SuppressFinalize(this);
    }

    private bool _finishSaid;
    private long _said;
    private RepetitionWatch _repetition;

    /// <summary>Whether the model says the same thing over and over. Nobody can go on from there: it would only be said on.</summary>
    public bool IsRepeating { get; private set; }

    /// <summary>What a piece of text or reasoning means.</summary>
    /// <param name="raw">The piece, as it stands in its event.</param>
    private protected EventMeaning Said(ReadOnlySpan<byte> raw)
    {
        _said += raw.Length;
        if (_said < RepetitionWatch.From || !_repetition.Add(raw)) return EventMeaning.Content;
        IsRepeating = true;
        return EventMeaning.Content | EventMeaning.Garbage;
    }

    /// <summary>Set where the stop reason says whole and a tool call is not: no listener is told that this answer finished.</summary>
    private protected bool Contradicted { get; set; }

    /// <summary>What a block of lines without any <c>data:</c> is: a comment or a keep-alive, or an error that was not framed.</summary>
    private protected EventMeaning ReadUnframed(ReadOnlySpan<byte> sseEvent)
    {
        if (sseEvent.StartsWith("\uFEFF"u8)) sseEvent = sseEvent[3..];
        var lead = sseEvent.IndexOfAnyExcept(" \t\r\n"u8);
        if (lead < 0) return EventMeaning.None;
        switch (sseEvent[lead])
        {
            case (byte)'{' or (byte)'[':
                // A JSON error body under a stream's content type: seen from proxies and from Ollama.
                if (ErrorBody.TryRead(sseEvent) is not { } error) return EventMeaning.Garbage;
                Error = error;
                return EventMeaning.Failed;
            case (byte)'<': return EventMeaning.Garbage; // a web page
            default: return EventMeaning.None;
        }
    }
}
