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
}
