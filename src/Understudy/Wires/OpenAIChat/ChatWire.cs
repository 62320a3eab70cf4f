using System.Buffers;

namespace Understudy.Wires.OpenAIChat;

/// <summary>OpenAI Chat Completions.</summary>
internal sealed class ChatWire : Wire
{
    public static ChatWire Instance { get; } = new();

    /// <inheritdoc/>
    public override WrittenRequest WriteRequest(Conversation conversation, TargetProfile profile, IBufferWriter<byte> output) =>
        ChatRequestWriter.Write(conversation, profile, output);

    /// <inheritdoc/>
    public override void WriteAnswer(Answer answer, AnswerContext context, IBufferWriter<byte> output) => ChatAnswer.Write(answer, context, output);

    /// <inheritdoc/>
    public override AnswerStreamReader NewStreamReader() => new ChatStreamReader();

    /// <inheritdoc/>
    public override AnswerStreamWriter NewStreamWriter(AnswerContext context, IBufferWriter<byte> output) => new ChatStreamWriter(context, output);

    /// <inheritdoc/>
    public override int WriteError(ClientError error, IBufferWriter<byte> output) => OpenAIErrors.Write(error, output);

    private protected override Conversation ReadRequest(JsonAt body) => ChatRequestReader.Read(body);

    private protected override Answer ReadAnswer(JsonAt body) => ChatAnswer.Read(body);

    private protected override AnswerCheck Inspect(ReadOnlySpan<byte> body) => ChatAnswer.Inspect(body);
}
