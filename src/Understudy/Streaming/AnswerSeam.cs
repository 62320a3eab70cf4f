using Understudy.Wires;

namespace Understudy.Streaming;

/// <summary>
/// The joint between a cut answer and what goes on with it. It stands between the next target's events and the client's
/// writer: a second opening is dropped, and what is no continuation does not get through.
/// </summary>
/// <param name="sent">The text that the client already has.</param>
/// <param name="next">Hears the continuation.</param>
internal abstract class AnswerSeam(string sent, IAnswerEvents next) : IAnswerEvents
{
    /// <summary>Whether what came does not continue the answer.</summary>
    public bool Broken { get; protected set; }

    /// <summary>Whether the cut came inside a tool call that the client does not know of: then there is more to say.</summary>
    public bool OwesToolCall { get; init; }

    /// <summary>Whether what the client has could be all of it: then a model that has nothing to add may say nothing.</summary>
    public abstract bool MayBeWhole { get; }

    /// <summary>The text that the client had before.</summary>
    protected string SentText => sent;

    /// <summary>Hears the continuation.</summary>
    protected IAnswerEvents Next => next;

    /// <summary>The seam for a text.</summary>
    /// <param name="sent">The text that the client already has.</param>
    /// <param name="form">The form that the client wants its answer in; null for free text.</param>
    /// <param name="owesToolCall">See <see cref="OwesToolCall"/>.</param>
    /// <param name="next">Hears the continuation.</param>
    public static AnswerSeam For(string sent, OutputForm? form, bool owesToolCall, IAnswerEvents next) =>
        form is not null && JsonProgress.Of(sent) is { } document
            ? new JsonSeam(sent, document, next) { OwesToolCall = owesToolCall }
            : new ContinuationSeam(sent, next) { OwesToolCall = owesToolCall };

    /// <inheritdoc/>
    public void Start(string? id, string? model)
    {
        // The client has had its opening: never a second one.
    }

    /// <inheritdoc/>
    public abstract void Text(string delta);

    /// <inheritdoc/>
    public void Thinking(string delta)
    {
        // Thinking about how to continue is not part of the answer that was begun.
        if (sent.Length == 0) next.Thinking(delta);
    }

    /// <inheritdoc/>
    public void ThinkingSignature(string signature)
    {
        if (sent.Length == 0) next.ThinkingSignature(signature);
    }

    /// <inheritdoc/>
    public void RedactedThinking(string data)
    {
        if (sent.Length == 0) next.RedactedThinking(data);
    }

    /// <inheritdoc/>
    public void Refusal(string delta) => Broken = true;

    /// <inheritdoc/>
    public abstract void BlockEnd();

    /// <inheritdoc/>
    public void ToolCall(int call, string id, string name)
    {
        BeforeToolCall();
        if (!Broken) next.ToolCall(call, id, name);
    }

    /// <inheritdoc/>
    public void ToolArguments(int call, string delta)
    {
        if (!Broken) next.ToolArguments(call, delta);
    }

    /// <inheritdoc/>
    public void ToolCallEnd(int call)
    {
        if (!Broken) next.ToolCallEnd(call);
    }

    /// <inheritdoc/>
    public abstract void Finish(FinishReason reason, string? stopSequence, Usage usage);

    /// <summary>A call begins: whatever is still looked at must be judged now.</summary>
    protected abstract void BeforeToolCall();
}
