using System.Text;
using Microsoft.Extensions.AI;
using Understudy.Wires;

namespace Understudy.Extensions.AI.Answers;

/// <summary>Makes updates of an answer as it comes. Tool calls come whole: nobody can run half a one.</summary>
/// <param name="give">Takes each content.</param>
/// <param name="hidesReasoning">Whether reasoning is not wanted.</param>
internal sealed class UpdateMaker(Action<AIContent> give, bool hidesReasoning) : IAnswerEvents
{
    private readonly Dictionary<int, (string Id, string Name, StringBuilder Arguments)> _calls = [];

    /// <summary>Why the answer ended; null while it has not, and where it broke.</summary>
    public FinishReason? Finished { get; private set; }

    /// <summary>What it took.</summary>
    public Usage Usage { get; private set; }

    /// <inheritdoc/>
    public void Start(string? id, string? model)
    {
        // Both are the caller's own already.
    }

    /// <inheritdoc/>
    public void Text(string delta) => give(new TextContent(delta));

    /// <inheritdoc/>
    public void Thinking(string delta)
    {
        if (!hidesReasoning) give(Contents.Reasoning(delta, null));
    }

    /// <inheritdoc/>
    public void ThinkingSignature(string signature)
    {
        if (!hidesReasoning) give(Contents.Reasoning("", signature));
    }

    /// <inheritdoc/>
    public void RedactedThinking(string data)
    {
        if (!hidesReasoning) give(Contents.Reasoning("", Questions.PartsOf.Redacted + data));
    }

    /// <inheritdoc/>
    public void BlockEnd()
    {
        // Updates know no blocks.
    }

    /// <inheritdoc/>
    public void ToolCall(int call, string id, string name) => _calls[call] = (id, name, new());

    /// <inheritdoc/>
    public void ToolArguments(int call, string delta) => _calls[call].Arguments.Append(delta);

    /// <inheritdoc/>
    public void ToolCallEnd(int call)
    {
        if (_calls.Remove(call, out var whole)) give(Contents.Call(whole.Id, whole.Name, whole.Arguments.ToString()));
    }

    /// <inheritdoc/>
    public void Refusal(string delta) => Text(delta);

    /// <inheritdoc/>
    public void Finish(FinishReason reason, string? stopSequence, Usage usage) => (Finished, Usage) = (reason, usage);
}
