using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Understudy.Wires.Gemini;

/// <summary>Writes a streamGenerateContent answer: every line begins with <c>data: </c> (google-genai for Python reads anything else as broken JSON), calls whole in one part.</summary>
internal sealed class GeminiStreamWriter(AnswerContext context, IBufferWriter<byte> output) : AnswerStreamWriter(context, output)
{
    private readonly StringBuilder _arguments = new();
    private string _callId = "", _callName = "";
    private string? _signature;

    /// <summary>An empty text part: a comment would break the Python client. Before the first chunk there is nothing it survives.</summary>
    public override void KeepAlive()
    {
        if (IsStarted && !IsEnded) WriteText("");
    }

    private protected override void WriteStart()
    {
        // Gemini has no opening frame.
    }

    private protected override void WriteText(string delta) => WriteChunk(delta, static (json, text, _) => GeminiAnswer.WriteText(json, text, isThought: false));

    private protected override void WriteThinking(string delta) => WriteChunk(delta, static (json, text, _) => GeminiAnswer.WriteText(json, text, isThought: true));

    private protected override void WriteSignature(string signature) =>
        _signature = GatewaySignature.Read(signature) is { Maker: ReasoningMaker.Gemini, Signature: { } own } ? own : null;

    private protected override void WriteRedacted(string data)
    {
        // Gemini has no place for it.
    }

    private protected override void WriteRefusal(string delta) => WriteText(delta);

    private protected override void WriteToolStart(string id, string name)
    {
        (_callId, _callName) = (id, name);
        _arguments.Clear();
    }

    private protected override void WriteToolArguments(string delta) => _arguments.Append(delta);

    private protected override void WriteToolEnd()
    {
        var call = new ToolCallPart(_callId, _callName, _arguments.ToString()) { GeminiSignature = _signature };
        _signature = null;
        WriteChunk((call, ToolCallsWritten == 0), static (json, state, _) => GeminiAnswer.WriteCall(json, state.call, state.Item2));
    }

    private protected override void WriteSeam()
    {
        // Nothing is ever open in a Gemini stream.
    }

    private protected override void WriteFinish(FinishReason reason, string? stopSequence, Usage usage) => WriteEvent(default, (Context, Writer: this, reason, usage), static (json, end) =>
    {
        GeminiAnswer.WriteCandidate(json, 0, end.reason, static (json, _, _) => GeminiAnswer.WriteText(json, "", isThought: false), end.Context);
        GeminiAnswer.WriteUsage(json, end.usage);
        GeminiAnswer.WriteTail(json, end.Context);
        end.Writer.WriteHandOver(json);
    });

    /// <summary>The error is the first key: the Python client knows it by that only.</summary>
    private protected override void WriteError(ClientError error) => WriteEvent(default, error, static (json, error) => GeminiErrors.WriteError(json, error));

    private void WriteChunk<T>(T state, Action<Utf8JsonWriter, T, AnswerContext> part) => WriteEvent(default, (Context, state, part), static (json, inner) =>
    {
        GeminiAnswer.WriteCandidate(json, inner.state, null, inner.part, inner.Context);
        GeminiAnswer.WriteTail(json, inner.Context);
    });
}
