using System.Buffers;
using Understudy.Wires.Anthropic;

namespace Understudy.Wires.InProcess;

/// <summary>
/// What a .NET program in the same process says and hears (decision 0023). Its request is the canonical conversation
/// itself, written down so that it can be compared, kept and made again; nothing is lost on the way to any provider. For
/// its answers it borrows Anthropic's frames: the only ones that keep the order of blocks, the makers' marks on reasoning
/// and every way in which an answer can end. No provider speaks it.
/// </summary>
internal sealed class InProcessWire : Wire
{
    public static InProcessWire Instance { get; } = new();

    /// <inheritdoc/>
    public override WrittenRequest WriteRequest(Conversation conversation, TargetProfile profile, IBufferWriter<byte> output)
    {
        ConversationWriter.Write(conversation, output);
        return new(null, conversation.Losses, null);
    }

    /// <inheritdoc/>
    public override void WriteAnswer(Answer answer, AnswerContext context, IBufferWriter<byte> output) => AnthropicAnswer.Write(answer, context, output);

    /// <inheritdoc/>
    public override AnswerStreamReader NewStreamReader() => new AnthropicStreamReader();

    /// <inheritdoc/>
    public override AnswerStreamWriter NewStreamWriter(AnswerContext context, IBufferWriter<byte> output) => new AnthropicStreamWriter(context, output);

    /// <inheritdoc/>
    public override int WriteError(ClientError error, IBufferWriter<byte> output) => AnthropicErrors.Write(error, output);

    private protected override Conversation ReadRequest(JsonAt body) => ConversationReader.Read(body);

    private protected override Answer ReadAnswer(JsonAt body) => AnthropicAnswer.Read(body);

    private protected override AnswerCheck Inspect(ReadOnlySpan<byte> body) => AnthropicAnswer.Inspect(body);
}
