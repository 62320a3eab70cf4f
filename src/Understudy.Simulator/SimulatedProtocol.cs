namespace Understudy.Simulator;

/// <summary>Whose wire format a simulated provider speaks.</summary>
public enum SimulatedProtocol
{
    /// <summary>Anthropic Messages: <c>/v1/messages</c>.</summary>
    Anthropic,

    /// <summary>OpenAI Chat Completions and Responses: <c>/v1/chat/completions</c>, <c>/v1/responses</c>.</summary>
    OpenAI,

    /// <summary>Gemini: <c>/v1beta/models/{model}:generateContent</c> and <c>:streamGenerateContent</c>.</summary>
    Gemini,
}
