using Understudy.Wires;

namespace Understudy.Streaming;

/// <summary>Tells two listeners.</summary>
internal sealed class Both(IAnswerEvents first, IAnswerEvents second) : IAnswerEvents
{
    /// <inheritdoc/>
    public void Start(string? id, string? model)
    {
        first.Start(id, model);
        second.Start(id, model);
    }

    /// <inheritdoc/>
    public void Text(string delta)
    {
        first.Text(delta);
        second.Text(delta);
    }

    /// <inheritdoc/>
    public void Thinking(string delta)
    {
        first.Thinking(delta);
        second.Thinking(delta);
    }

    /// <inheritdoc/>
    public void ThinkingSignature(string signature)
    {
        first.ThinkingSignature(signature);
        second.ThinkingSignature(signature);
    }

    /// <inheritdoc/>
    public void RedactedThinking(string data)
    {
        first.RedactedThinking(data);
        second.RedactedThinking(data);
    }

    /// <inheritdoc/>
    public void BlockEnd()
    {
        first.BlockEnd();
        second.BlockEnd();
    }

    /// <inheritdoc/>
    public void ToolCall(int call, string id, string name)
    {
        first.ToolCall(call, id, name);
        second.ToolCall(call, id, name);
    }

    /// <inheritdoc/>
    public void ToolArguments(int call, string delta)
    {
        first.ToolArguments(call, delta);
        second.ToolArguments(call, delta);
    }

    /// <inheritdoc/>
    public void ToolCallEnd(int call)
    {
        first.ToolCallEnd(call);
        second.ToolCallEnd(call);
    }

    /// <inheritdoc/>
    public void Refusal(string delta)
    {
        first.Refusal(delta);
        second.Refusal(delta);
    }

    /// <inheritdoc/>
    public void Finish(FinishReason reason, string? stopSequence, Usage usage)
    {
        first.Finish(reason, stopSequence, usage);
        second.Finish(reason, stopSequence, usage);
    }
}
