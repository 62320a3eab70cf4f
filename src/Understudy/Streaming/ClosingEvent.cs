using Understudy.Calls;

namespace Understudy.Streaming;

/// <summary>The event that closes a stream of each protocol, where it says nothing but that.</summary>
internal static class ClosingEvent
{
    private static readonly byte[] MessageStop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8.ToArray();
    private static readonly byte[] Done = "data: [DONE]\n\n"u8.ToArray();

    /// <summary>Its bytes; empty where the protocol has none, or one that carries the whole answer.</summary>
    public static ReadOnlyMemory<byte> Of(WireProtocol protocol) => protocol switch
    {
        WireProtocol.AnthropicMessages or WireProtocol.InProcess => MessageStop,
        WireProtocol.OpenAIChat => Done,
        WireProtocol.OpenAIResponses or WireProtocol.Gemini => default,
    };
}
