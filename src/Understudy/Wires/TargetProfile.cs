using Understudy.Calls;

namespace Understudy.Wires;

/// <summary>
/// What a target takes: facts of its model, not of its protocol. <see cref="For"/> knows them by name; a policy may
/// correct them with <c>with</c>.
/// </summary>
public sealed record TargetProfile
{
    /// <summary>The model's name, as the provider knows it.</summary>
    public required string Model { get; init; }

    /// <summary>The most tokens it generates; null where unknown. A wish above it is lowered.</summary>
    public long? MaxOutputTokens { get; init; }

    /// <summary>Whether it sees images. Default true.</summary>
    public bool Vision { get; init; } = true;

    /// <summary>Whether the provider fetches images by address. Default true.</summary>
    public bool ImageUrls { get; init; } = true;

    /// <summary>Whether it reads documents. Default true.</summary>
    public bool Documents { get; init; } = true;

    /// <summary>Whether it hears. Default false.</summary>
    public bool Audio { get; init; }

    /// <summary>Whether it calls tools. Default true.</summary>
    public bool Tools { get; init; } = true;

    /// <summary>Whether it obeys <c>tool_choice</c>. Ollama ignores it: "none" is then told by leaving the tools out.</summary>
    public bool ToolChoice { get; init; } = true;

    /// <summary>How reasoning is asked for. Default none.</summary>
    public ReasoningKind Reasoning { get; init; }

    /// <summary>Whether reasoning can be switched off by saying so.</summary>
    public bool ReasoningOff { get; init; } = true;

    /// <summary>The least effort it has a word for.</summary>
    public ReasoningEffort LowestEffort { get; init; } = ReasoningEffort.Low;

    /// <summary>The greatest effort it has a word for.</summary>
    public ReasoningEffort HighestEffort { get; init; } = ReasoningEffort.High;

    /// <summary>Whether it goes on from a trailing assistant turn.</summary>
    public bool Prefill { get; init; }

    /// <summary>Whether it takes temperature, top_p and top_k. Default true.</summary>
    public bool SamplingAllowed { get; init; } = true;

    /// <summary>Whether it takes temperature and top_p together. Default true.</summary>
    public bool TemperatureWithTopP { get; init; } = true;

    /// <summary>Whether it takes stop sequences. Default true.</summary>
    public bool StopSequences { get; init; } = true;

    /// <summary>Whether it enforces a JSON schema on its answer. Where not, the schema is told as an instruction.</summary>
    public bool OutputSchemas { get; init; } = true;

    /// <summary>Whether an instruction may stand in the middle of an Anthropic conversation (newest models, with a beta header).</summary>
    public bool SystemInConversation { get; init; }

    /// <summary>Whether the limit is called <c>max_completion_tokens</c> (OpenAI) and not <c>max_tokens</c> (everybody else).</summary>
    public bool MaxCompletionTokens { get; init; }

    /// <summary>Whether tool ids must be exactly nine letters or digits (Mistral).</summary>
    public bool NineCharacterToolIds { get; init; }

    /// <summary>What is known of a model by its name.</summary>
    public static TargetProfile For(WireProtocol protocol, string model) => protocol switch
    {
        WireProtocol.AnthropicMessages => ModelFacts.Claude(model),
        WireProtocol.OpenAIChat => ModelFacts.Chat(model),
        WireProtocol.OpenAIResponses => ModelFacts.OpenAI(model),
        WireProtocol.Gemini => ModelFacts.Gemini(model),
        WireProtocol.InProcess => throw WireProtocols.NotAProviders(protocol),
    };
}

/// <summary>How reasoning is asked for.</summary>
public enum ReasoningKind
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>By tokens (Claude to 4.5, Gemini 2.5).</summary>
    Budget,

    /// <summary>By a word (OpenAI, Claude from 4.6, Gemini 3).</summary>
    Effort,
}
