using System.Buffers;

namespace Understudy.Wires.OpenAIResponses;

/// <summary>OpenAI Responses.</summary>
internal sealed class ResponsesWire : Wire
{
    public static ResponsesWire Instance { get; } = new();

    /// <inheritdoc/>
    public override WrittenRequest WriteRequest(Conversation conversation, TargetProfile profile, IBufferWriter<byte> output) =>
        ResponsesRequestWriter.Write(conversation, profile, output);

    /// <inheritdoc/>
    public override void WriteAnswer(Answer answer, AnswerContext context, IBufferWriter<byte> output) => ResponsesAnswer.Write(answer, context, output);

    /// <inheritdoc/>
    public override AnswerStreamReader NewStreamReader() => new ResponsesStreamReader();

    /// <inheritdoc/>
    public override AnswerStreamWriter NewStreamWriter(AnswerContext context, IBufferWriter<byte> output) => new ResponsesStreamWriter(context, output);

    /// <inheritdoc/>
    public override int WriteError(ClientError error, IBufferWriter<byte> output) => OpenAIErrors.Write(error, output);

    private protected override Conversation ReadRequest(JsonAt body) => ResponsesRequestReader.Read(body);

    private protected override Answer ReadAnswer(JsonAt body) => ResponsesAnswer.Read(body);

    private protected override AnswerCheck Inspect(ReadOnlySpan<byte> body) => ResponsesAnswer.Inspect(body);
}
