namespace Understudy.Calls;

/// <summary>The protocol that one side of a call speaks: what a client sent, or what a provider takes.</summary>
public enum WireProtocol
{
    /// <summary>Anthropic Messages, <c>POST /v1/messages</c>.</summary>
    AnthropicMessages,

    /// <summary>OpenAI Chat Completions, <c>POST /v1/chat/completions</c>; the protocol of Ollama, llama.cpp, vLLM and most others too.</summary>
    OpenAIChat,

    /// <summary>OpenAI Responses, <c>POST /v1/responses</c>.</summary>
    OpenAIResponses,

    /// <summary>Gemini, <c>POST /v1beta/models/{model}:generateContent</c>.</summary>
    Gemini,

    /// <summary>No protocol of a vendor's: a .NET program in this process, through <c>IChatClient</c>. No provider speaks it.</summary>
    InProcess,
}

/// <summary>What is said of protocols.</summary>
public static class WireProtocols
{
    /// <summary>Those that a provider can speak.</summary>
    public static IReadOnlyList<WireProtocol> OfProviders { get; } =
        [WireProtocol.AnthropicMessages, WireProtocol.OpenAIChat, WireProtocol.OpenAIResponses, WireProtocol.Gemini];

    /// <summary>For the arm of a <c>switch</c> over a provider's protocol that no policy leads to.</summary>
    public static ArgumentOutOfRangeException NotAProviders(WireProtocol protocol) => new(nameof(protocol), protocol, "no provider speaks this protocol");
}
