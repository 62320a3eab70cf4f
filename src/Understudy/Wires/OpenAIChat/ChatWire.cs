namespace Understudy.Wires.OpenAIChat;

/// <summary>OpenAI Chat Completions.</summary>
internal sealed class ChatWire : Wire
{
    public static ChatWire Instance { get; } = new();

    /// <inheritdoc/>
    public override AnswerStreamReader NewStreamReader() => new ChatStreamReader();
}
