using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Streaming;

/// <summary>
/// The lane of different protocols, and of every continuation: the provider's events are read, and told to a listener
/// that writes the client's protocol into a buffer.
/// </summary>
/// <param name="listener">What hears the events; writes into <paramref name="output"/>.</param>
/// <param name="output">Where the client's bytes are written; belongs to the caller.</param>
/// <param name="seam">Guards a continuation; null for a first answer.</param>
/// <param name="cut">Ends the answer at a stop sequence; null where the target does so itself.</param>
internal sealed class TranslatingRelay(IAnswerEvents listener, PooledBuffer output, AnswerSeam? seam, StopCut? cut) : AnswerRelay
{
    /// <summary>Whether what came is no continuation of what the client has.</summary>
    public bool DoesNotContinue => seam is { Broken: true };

    /// <summary>Whether an answer that ends without a word of its own is lawful: the cut came after the last one.</summary>
    public bool MayBeEmpty => seam is { MayBeWhole: true };

    /// <inheritdoc/>
    public override void Sent()
    {
        output.Consume(Ready.Length);
        Ready = default;
    }

    /// <inheritdoc/>
    public override void ReleaseHeld()
    {
        Reader.Complete(listener);
        Ready = output.Written;
    }

    /// <inheritdoc/>
    protected override EventMeaning Take(ReadOnlyMemory<byte> window, int at, int length)
    {
        var meaning = Reader.Read(window.Span.Slice(at, length), listener);
        if ((meaning & EventMeaning.Closed) != 0) Reader.Complete(listener);
        if (cut is { IsOver: true }) return EventMeaning.Content | EventMeaning.Finished | EventMeaning.Closed; // what else it says is for nobody
        return seam is { Broken: true } ? meaning | EventMeaning.Garbage : meaning;
    }

    /// <inheritdoc/>
    protected override void EndFeed(ReadOnlyMemory<byte> window, int end)
    {
        // A client that waits for a continuation has its opening, and a lawful end without a word is an answer too.
        if (Committed || seam is not null || EndedWithoutWord) Ready = output.Written;
    }
}
