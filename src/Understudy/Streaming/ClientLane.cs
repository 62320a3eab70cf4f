using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Streaming;

/// <summary>
/// The client's side of a written answer: the writer of its protocol, in the state that the client is in, and what it
/// has so far. A translated answer has one from the start, a passed-through one gets it when it is cut. Attempts come and
/// go; the lane is the call's.
/// </summary>
internal sealed class ClientLane : IDisposable
{
    private readonly PooledBuffer _output;
    private readonly AnswerStreamWriter _writer;
    private readonly AnswerCollector _collected;
    private readonly List<string> _servedBy = [];
    private AnswerStreamReader? _reader;
    private int _saidBefore;

    private ClientLane(AnswerStreamWriter writer, PooledBuffer output, AnswerCollector collected)
    {
        _writer = writer;
        _output = output;
        _collected = collected;
    }

    /// <summary>What the client has so far.</summary>
    public IReadOnlyList<Part> Partial => _collected.Parts();

    /// <summary>All that the client has, where that is a whole answer; else null.</summary>
    public Answer? WholeAnswer => _collected.IsFinished ? _collected.ToAnswer() : null;

    /// <summary>The answer that passed through as these bytes; null where they are not the whole of one.</summary>
    public static Answer? Collect(Wire client, ReadOnlyMemory<byte> kept)
    {
        var collected = new AnswerCollector();
        Replay(client, kept, collected).Complete(collected);
        return collected.IsFinished ? collected.ToAnswer() : null;
    }

    /// <summary>Whether the client has whole tool calls.</summary>
    public bool HasToolCalls => _collected.Parts().Any(part => part is ToolCallPart);

    /// <summary>Whether another attempt can go on: not inside half a tool call.</summary>
    public bool CanGoOn => !_writer.IsInToolCall && !_writer.IsEnded;

    /// <summary>Whether an attempt was cut inside a tool call that the client does not know of: then the answer is not whole without one.</summary>
    public bool OwesToolCall { get; set; }

    /// <summary>
    /// Whether the client has all of the JSON document that it asked for: only the words that end the answer were lost,
    /// and nobody has to be asked for them.
    /// </summary>
    public bool HasWholeDocument => !OwesToolCall && JsonProgress.Of(Text) is { IsWhole: true };

    private string Text => string.Concat(_collected.Parts().OfType<TextPart>().Select(part => part.Text));

    /// <summary>A lane for a client that has seen nothing.</summary>
    public static ClientLane Begin(Wire client, AnswerContext context)
    {
        var output = new PooledBuffer();
        return new(client.NewStreamWriter(context, output), output, new());
    }

    /// <summary>
    /// Understands the bytes that passed through to the client before the cut: they are read once more, into a collector
    /// and into a writer that writes into the void, which leaves it in the state that the client is in.
    /// </summary>
    /// <param name="client">The wire of the client.</param>
    /// <param name="context">What a writer must know.</param>
    /// <param name="servedBy">Who sent the bytes, as <c>provider/model</c>.</param>
    /// <param name="kept">The bytes.</param>
    public static ClientLane FromKept(Wire client, AnswerContext context, string servedBy, ReadOnlyMemory<byte> kept)
    {
        var collected = new AnswerCollector();
        Replay(client, kept, collected);
        var seen = collected.ToAnswer();
        // The client has the upstream's id and model, and would take a change of them for another answer.
        context = context with { MessageId = seen.Id ?? context.MessageId, Model = seen.Model ?? context.Model, ShowThinking = true };
        var output = new PooledBuffer();
        var writer = client.NewStreamWriter(context, output);
        var reader = Replay(client, kept, writer);
        writer.Follow(kept.Span);
        output.Clear();
        var lane = new ClientLane(writer, output, collected) { _reader = reader };
        lane.Serve(servedBy);
        return lane;
    }

    private void Serve(string name)
    {
        var said = _collected.Length;
        // Who was asked and said nothing had no part in the answer.
        if (_servedBy.Count > 1 && said == _saidBefore) _servedBy.RemoveAt(_servedBy.Count - 1);
        _servedBy.Add(name);
        _saidBefore = said;
        _writer.ServedBy = _servedBy;
    }

    /// <summary>The relay of the next attempt.</summary>
    /// <param name="target">The wire of the target.</param>
    /// <param name="name">The target, as <c>provider/model</c>.</param>
    /// <param name="form">The form that the client wants its answer in; null for free text.</param>
    /// <param name="inlineThinking">Whether the target may leave its reasoning in the text.</param>
    /// <param name="stops">Stop sequences that the target does not heed itself.</param>
    public TranslatingRelay NewRelay(Wire target, string name, OutputForm? form, bool inlineThinking, IReadOnlyList<string> stops)
    {
        Serve(name);
        var both = new Both(_writer, _collected);
        AnswerSeam? seam = null;
        if (_reader is not null)
        {
            // Only what was generated is added up: the prompt was read again, but it is one prompt to the client.
            var spent = default(Usage) with { Output = _reader.Usage.Output, Reasoning = _reader.Usage.Reasoning };
            _writer.Resume(spent);
            _collected.Resume(spent);
            seam = AnswerSeam.For(Text, form, OwesToolCall, both);
        }

        _reader = target.NewStreamReader();
        IAnswerEvents listener = seam ?? (IAnswerEvents)both;
        var cut = stops.Count > 0 ? new StopCut(stops, listener) : null;
        listener = cut ?? listener;
        return new(inlineThinking ? new InlineThinking(listener) : listener, _output, seam, cut) { Reader = _reader };
    }

    /// <summary>Ends an answer that the client can use as it stands: it has whole tool calls, or its whole document.</summary>
    public ReadOnlyMemory<byte> EndAsItStands()
    {
        _writer.Finish(HasToolCalls ? FinishReason.ToolUse : FinishReason.Stop, null, _reader?.Usage ?? default);
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

    private static AnswerStreamReader Replay(Wire client, ReadOnlyMemory<byte> kept, IAnswerEvents listener)
    {
        var reader = client.NewStreamReader();
        var at = 0;
        var resume = 0;
        while (SseSplitter.TryFindEnd(kept.Span[at..], ref resume, out var length))
        {
            reader.Read(kept.Span.Slice(at, length), listener);
            at += length;
        }

        return reader;
    }
}
