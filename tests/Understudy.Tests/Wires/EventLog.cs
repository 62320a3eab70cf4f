using System.Text;
using Understudy.Wires;

namespace Understudy.Tests.Wires;

/// <summary>Writes down what a reader says, one line an event.</summary>
internal sealed class EventLog : IAnswerEvents
{
    private readonly StringBuilder _lines = new();

    public void Note(string line) => _lines.Append(line).Append('\n');
    public void Start(string? id, string? model) => Note($"  start {id} {model}");
    public void Text(string delta) => Note($"  text [{delta}]");
    public void Thinking(string delta) => Note($"  thinking [{delta}]");
    public void ThinkingSignature(string signature) => Note($"  signature [{signature}]");
    public void RedactedThinking(string data) => Note($"  redacted [{data}]");
    public void BlockEnd() => Note("  block-end");
    public void ToolCall(int call, string id, string name) => Note($"  tool {call} {id} {name}");
    public void ToolArguments(int call, string delta) => Note($"  arguments {call} [{delta}]");
    public void ToolCallEnd(int call) => Note($"  tool-end {call}");
    public void Refusal(string delta) => Note($"  refusal [{delta}]");

    public void Finish(FinishReason reason, string? stopSequence, Usage usage) =>
        Note($"  finish {reason} [{stopSequence}] in {usage.Input} read {usage.CacheRead} write {usage.CacheWrite} out {usage.Output} reasoning {usage.Reasoning}");

    public override string ToString() => _lines.ToString();
}
