using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Streaming;

/// <summary>
/// An answer that was cut after the client had seen some of it: what it has, and the writer that goes on in its
/// protocol from exactly there.
/// </summary>
internal sealed class Continuation : IDisposable
{
    private readonly PooledBuffer _output;
    private readonly AnswerStreamWriter _writer;
    private readonly AnswerCollector _collected = new();

    private Continuation(AnswerStreamWriter writer, PooledBuffer output)
    {
        _writer = writer;
        _output = output;
    }

    /// <summary>What the client has so far.</summary>
    public Answer Partial => _collected.ToAnswer();

    /// <summary>The visible text that the client has so far.</summary>
    public string Text => _collected.Text;

    /// <summary>Whether the client has whole tool calls.</summary>
    public bool HasToolCalls => _collected.HasToolCalls;

    /// <summary>
    /// Starts a lane whose events are written for the client and remembered for a continuation. For translated answers
    /// it is there from the start.
    /// </summary>
    public static Continuation Begin(Wire client, AnswerContext context)
    {
        var output = new PooledBuffer();
        return new(client.NewStreamWriter(context, output), output);
    }

    /// <summary>
    /// Understands the bytes that passed through to the client before the cut: they are read once more, by a writer
    /// that writes into the void, which leaves it in the state that the client is in.
    /// </summary>
    public static Continuation FromKept(Wire client, AnswerContext context, ReadOnlyMemory<byte> kept)
    {
        var continuation = Begin(client, context);
        var reader = client.NewStreamReader();
        var listener = new HeldToolCalls(new Both(continuation._writer, continuation._collected));
        var at = 0;
        var resume = 0;
        while (SseSplitter.TryFindEnd(kept.Span[at..], ref resume, out var length))
        {
            reader.Read(kept.Span.Slice(at, length), listener);
            at += length;
        }

        continuation._output.Clear();
        return continuation;
    }

    /// <summary>The relay of the next attempt.</summary>
    /// <param name="target">The wire of the target.</param>
    /// <param name="isFirst">Whether this is the first answer, not one that goes on.</param>
    public TranslatingRelay NewRelay(Wire target, bool isFirst)
    {
        var both = new Both(_writer, _collected);
        var seam = isFirst ? null : new ContinuationSeam(Text, default, both);
        return new(new HeldToolCalls(seam ?? (IAnswerEvents)both), _output, seam) { Reader = target.NewStreamReader() };
    }

    /// <summary>Ends an answer of which every tool call that was begun is whole: the client runs those.</summary>
    public ReadOnlyMemory<byte> EndWithToolCalls()
    {
        _writer.Finish(FinishReason.ToolUse, null, default);
        return _output.Written;
    }

    /// <summary>Ends an answer that cannot be continued, with the protocol's own error and no false end.</summary>
    public ReadOnlyMemory<byte> EndWithError(ClientError error)
    {
        _writer.Error(error);
        return _output.Written;
    }

    /// <inheritdoc/>
    public void Dispose() => _output.Dispose();
}
