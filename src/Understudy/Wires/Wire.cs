using Understudy.Calls;
using Understudy.Wires.Anthropic;
using Understudy.Wires.OpenAIChat;

namespace Understudy.Wires;

/// <summary>One protocol: how its requests, answers, streams and errors are read and written. Stateless.</summary>
public abstract class Wire
{
    /// <summary>The wire of a protocol.</summary>
    public static Wire Of(WireProtocol protocol) => protocol switch
    {
        WireProtocol.AnthropicMessages => AnthropicWire.Instance,
        WireProtocol.OpenAIChat => ChatWire.Instance,
        WireProtocol.OpenAIResponses => throw new NotSupportedException("OpenAI Responses is not translated yet."),
        WireProtocol.Gemini => throw new NotSupportedException("Gemini is not translated yet."),
    };

    /// <summary>A reader for one stream of this protocol.</summary>
    public abstract AnswerStreamReader NewStreamReader();

    /// <summary>What an error body says, in any of the forms that this protocol's servers use.</summary>
    /// <param name="status">The HTTP status it came with.</param>
    /// <param name="body">The body, or its beginning.</param>
    public virtual UpstreamError ReadError(int status, ReadOnlySpan<byte> body) => ErrorBody.Read(body);
}
