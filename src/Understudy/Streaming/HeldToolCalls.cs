using System.Text;
using Understudy.Wires;

namespace Understudy.Streaming;

/// <summary>
/// Withholds a tool call until it is whole, so that a cut inside one leaves no trace at the client: half a tool call is
/// run by most programs as if it were whole.
/// </summary>
/// <param name="next">Hears everything else at once, and tool calls when they are whole.</param>
internal sealed class HeldToolCalls(IAnswerEvents next) : IAnswerEvents
{
    private readonly Dictionary<int, (string Id, string Name, StringBuilder Arguments)> _open = [];

    /// <inheritdoc/>
    public void Start(string? id, string? model) => next.Start(id, model);

    /// <inheritdoc/>
    public void Text(string delta) => next.Text(delta);

    /// <inheritdoc/>
    public void Thinking(string delta) => next.Thinking(delta);

    /// <inheritdoc/>
    public void ThinkingSignature(string signature) => next.ThinkingSignature(signature);

    /// <inheritdoc/>
    public void RedactedThinking(string data) => next.RedactedThinking(data);

    /// <inheritdoc/>
    public void Refusal(string delta) => next.Refusal(delta);

    /// <inheritdoc/>
    public void ToolCall(int call, string id, string name) => _open[call] = (id, name, new());

    /// <inheritdoc/>
    public void ToolArguments(int call, string delta)
    {
        if (_open.TryGetValue(call, out var held)) held.Arguments.Append(delta);
    }

    /// <inheritdoc/>
    public void ToolCallEnd(int call)
    {
        if (!_open.Remove(call, out var held)) return;
        next.ToolCall(call, held.Id, held.Name);
        if (held.Arguments.Length > 0) next.ToolArguments(call, held.Arguments.ToString());
        next.ToolCallEnd(call);
    }

    /// <inheritdoc/>
    public void Finish(FinishReason reason, string? stopSequence, Usage usage) => next.Finish(reason, stopSequence, usage);
}
