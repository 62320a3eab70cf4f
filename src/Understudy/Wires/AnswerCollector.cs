using System.Text;

namespace Understudy.Wires;

/// <summary>
/// Builds an answer out of events: for a client that did not ask for a stream, and to know what a client has of a cut
/// answer. One object an answer; not thread-safe.
/// </summary>
public sealed class AnswerCollector : IAnswerEvents
{
    private readonly List<object> _pieces = []; // finished Parts, and the builders of those that are being written
    private readonly Dictionary<int, CallBuilder> _calls = [];
    private string? _id, _model, _stopSequence;
    private FinishReason _reason;
    private Usage _usage;
    private bool _blockEnded;

    /// <summary>How many characters were said so far, reasoning and arguments included.</summary>
    public int Length { get; private set; }

    /// <summary>Whether the answer ended.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>The answer so far. Tool calls that are not whole are left out.</summary>
    public Answer ToAnswer() => new()
    {
        Id = _id,
        Model = _model,
        Parts = Parts(),
        Finish = _reason,
        StopSequence = _stopSequence,
        Usage = _usage,
    };

    /// <summary>What was said so far, as <see cref="Conversation.ContinueFrom"/> wants it.</summary>
    public IReadOnlyList<Part> Parts() =>
    [
        .. _pieces.Select(piece => piece switch
        {
            Part part => part,
            TextBuilder text => text.ToPart(),
            CallBuilder { Ended: true } call => new ToolCallPart(call.Id, call.Name, call.Arguments.ToString()),
            _ => null,
        }).OfType<Part>(),
    ];

    /// <inheritdoc/>
    public void Start(string? id, string? model) => (_id, _model) = (_id ?? id, _model ?? model);

    /// <inheritdoc/>
    public void Text(string delta) => Append(PieceKind.Text, delta);

    /// <inheritdoc/>
    public void Thinking(string delta) => Append(PieceKind.Thinking, delta);

    /// <inheritdoc/>
    public void Refusal(string delta) => Append(PieceKind.Refusal, delta);

    /// <inheritdoc/>
    public void ThinkingSignature(string signature)
    {
        if (_pieces is not [.., TextBuilder { Kind: PieceKind.Thinking, Signature: null } open]) _pieces.Add(open = new(PieceKind.Thinking));
        open.Signature = signature;
    }

    /// <inheritdoc/>
    public void RedactedThinking(string data) => _pieces.Add(new RedactedThinkingPart(data, ReasoningMaker.Anthropic));

    /// <inheritdoc/>
    public void BlockEnd() => _blockEnded = true;

    /// <inheritdoc/>
    public void ToolCall(int call, string id, string name)
    {
        var builder = new CallBuilder(id, name);
        _calls[call] = builder;
        _pieces.Add(builder);
    }

    /// <inheritdoc/>
    public void ToolArguments(int call, string delta)
    {
        Length += delta.Length;
        _calls[call].Arguments.Append(delta);
    }

    /// <inheritdoc/>
    public void ToolCallEnd(int call) => _calls[call].Ended = true;

    /// <inheritdoc/>
    public void Finish(FinishReason reason, string? stopSequence, Usage usage)
    {
        (_reason, _stopSequence, _usage) = (reason, stopSequence, _usage + usage);
        IsFinished = true;
    }

    /// <summary>Another reader goes on from here: half calls are forgotten, text goes on, usage adds up.</summary>
    /// <param name="spent">What the cut answer took.</param>
    public void Resume(Usage spent)
    {
        _pieces.RemoveAll(piece => piece is CallBuilder { Ended: false });
        _calls.Clear();
        _usage += spent;
    }

    private void Append(PieceKind kind, string delta)
    {
        if (_blockEnded || _pieces is not [.., TextBuilder { Signature: null } open] || open.Kind != kind) _pieces.Add(open = new(kind));
        _blockEnded = false;
        Length += delta.Length;
        open.Text.Append(delta);
    }

    private enum PieceKind
    {
        Text,
        Thinking,
        Refusal,
    }

    private sealed class TextBuilder(PieceKind kind)
    {
        public PieceKind Kind { get; } = kind;
        public StringBuilder Text { get; } = new();
        public string? Signature { get; set; }

        public Part ToPart() => Kind switch
        {
            PieceKind.Text => new TextPart(Text.ToString()),
            PieceKind.Thinking => ThinkingOf(GatewaySignature.Read(Signature ?? "")),
            PieceKind.Refusal => new RefusalPart(Text.ToString()),
        };

        private ThinkingPart ThinkingOf((ReasoningMaker Maker, string? Signature) mark) => new(Text.ToString(), mark.Signature, mark.Maker);
    }

    private sealed class CallBuilder(string id, string name)
    {
        public string Id { get; } = id;
        public string Name { get; } = name;
        public StringBuilder Arguments { get; } = new();
        public bool Ended { get; set; }
    }
}
