using System.Buffers;

namespace Understudy.Wires.Anthropic;

/// <summary>Anthropic Messages.</summary>
internal sealed class AnthropicWire : Wire
{
    public static AnthropicWire Instance { get; } = new();

    /// <inheritdoc/>
    public override WrittenRequest WriteRequest(Conversation conversation, TargetProfile profile, IBufferWriter<byte> output) =>
        AnthropicRequestWriter.Write(conversation, profile, output);

    /// <inheritdoc/>
    public override void WriteAnswer(Answer answer, AnswerContext context, IBufferWriter<byte> output) => AnthropicAnswer.Write(answer, context, output);

    /// <inheritdoc/>
    public override AnswerStreamReader NewStreamReader() => new AnthropicStreamReader();

    /// <inheritdoc/>
    public override AnswerStreamWriter NewStreamWriter(AnswerContext context, IBufferWriter<byte> output) => new AnthropicStreamWriter(context, output);

    /// <inheritdoc/>
    public override int WriteError(ClientError error, IBufferWriter<byte> output) => AnthropicErrors.Write(error, output);

    private protected override Conversation ReadRequest(JsonAt body) => AnthropicRequestReader.Read(body);

    private protected override Answer ReadAnswer(JsonAt body) => AnthropicAnswer.Read(body);

    private protected override AnswerCheck Inspect(ReadOnlySpan<byte> body) => AnthropicAnswer.Inspect(body);
}
