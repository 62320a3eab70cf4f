using System.Buffers;

namespace Understudy.Wires.Gemini;

/// <summary>Gemini's generateContent.</summary>
internal sealed class GeminiWire : Wire
{
    public static GeminiWire Instance { get; } = new();

    /// <inheritdoc/>
    public override WrittenRequest WriteRequest(Conversation conversation, TargetProfile profile, IBufferWriter<byte> output) =>
        GeminiRequestWriter.Write(conversation, profile, output);

    /// <inheritdoc/>
    public override void WriteAnswer(Answer answer, AnswerContext context, IBufferWriter<byte> output) => GeminiAnswer.Write(answer, context, output);

    /// <inheritdoc/>
    public override AnswerStreamReader NewStreamReader() => new GeminiStreamReader();

    /// <inheritdoc/>
    public override AnswerStreamWriter NewStreamWriter(AnswerContext context, IBufferWriter<byte> output) => new GeminiStreamWriter(context, output);

    /// <inheritdoc/>
    public override int WriteError(ClientError error, IBufferWriter<byte> output) => GeminiErrors.Write(error, output);

    private protected override Conversation ReadRequest(JsonAt body) => GeminiRequestReader.Read(body);

    private protected override Answer ReadAnswer(JsonAt body) => GeminiAnswer.Read(body);

    private protected override AnswerCheck Inspect(ReadOnlySpan<byte> body) => GeminiAnswer.Inspect(body);
}
