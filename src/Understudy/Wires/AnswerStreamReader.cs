namespace Understudy.Wires;

/// <summary>
/// Reads the events of one provider's stream. With no listener it only says what each event means, cheaply: that is
/// how a passed-through stream is watched. With a listener it decodes as well: that is how a stream is translated, and
/// how the kept bytes of a cut stream are understood. One object an attempt; not thread-safe.
/// </summary>
public abstract class AnswerStreamReader
{
    /// <summary>Tokens told so far.</summary>
    public Usage Usage { get; protected set; }

    /// <summary>What an error event said; null while there was none.</summary>
    public UpstreamError? Error { get; protected set; }

    /// <summary>Reads one whole event, as <see cref="Streaming.SseSplitter"/> cuts them: its lines, without the blank line that ends it.</summary>
    /// <param name="sseEvent">The raw bytes. Never a piece of an event.</param>
    /// <param name="listener">Who hears what it says; null to only watch, which must not allocate for a content event.</param>
    public abstract EventMeaning Read(ReadOnlySpan<byte> sseEvent, IAnswerEvents? listener);
}

/// <summary>What an upstream's error said, in the words of its protocol. The message may hold content: it never goes to a log.</summary>
/// <param name="Type">The error's type (<c>overloaded_error</c>, <c>insufficient_quota</c>, <c>RESOURCE_EXHAUSTED</c>).</param>
/// <param name="Code">A finer code, where there is one.</param>
/// <param name="Message">Text for people, where there is one. May quote the request.</param>
/// <param name="RetryAfter">A delay told in the body (Gemini's RetryInfo, OpenAI's "try again in 1.2s").</param>
public sealed record UpstreamError(string? Type, string? Code, string? Message, TimeSpan? RetryAfter);
