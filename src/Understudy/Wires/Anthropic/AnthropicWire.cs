namespace Understudy.Wires.Anthropic;

/// <summary>Anthropic Messages.</summary>
internal sealed class AnthropicWire : Wire
{
    public static AnthropicWire Instance { get; } = new();

    /// <inheritdoc/>
    public override AnswerStreamReader NewStreamReader() => new AnthropicStreamReader();
}
