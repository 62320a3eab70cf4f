using Understudy.Calls;
using Understudy.Configuration;

namespace Understudy.Hosting.Telemetry;

/// <summary>The words of OpenTelemetry's conventions for generative AI: https://opentelemetry.io/docs/specs/semconv/gen-ai/.</summary>
internal static class GenAI
{
    public const string OperationName = "gen_ai.operation.name";
    public const string ProviderName = "gen_ai.provider.name";
    public const string RequestModel = "gen_ai.request.model";
    public const string RequestStream = "gen_ai.request.stream";
    public const string ResponseModel = "gen_ai.response.model";
    public const string TimeToFirstChunk = "gen_ai.response.time_to_first_chunk";
    public const string InputTokens = "gen_ai.usage.input_tokens";
    public const string CacheReadTokens = "gen_ai.usage.cache_read.input_tokens";
    public const string CacheCreationTokens = "gen_ai.usage.cache_creation.input_tokens";
    public const string OutputTokens = "gen_ai.usage.output_tokens";
    public const string ReasoningTokens = "gen_ai.usage.reasoning.output_tokens";
    public const string TokenType = "gen_ai.token.type";
    public const string ErrorType = "error.type";

    /// <summary>Hosts whose maker the conventions have a name for; elsewhere the protocol tells.</summary>
    private static readonly (string Host, string Name)[] Known =
    [
        ("openai.azure.com", "azure.ai.openai"), ("mistral.ai", "mistral_ai"), ("groq.com", "groq"), ("deepseek.com", "deepseek"), ("x.ai", "x_ai"),
        ("perplexity.ai", "perplexity"), ("cohere.com", "cohere"), ("aiplatform.googleapis.com", "gcp.vertex_ai"),
    ];

    /// <summary>The operation of a protocol.</summary>
    public static string Operation(WireProtocol protocol) => protocol == WireProtocol.Gemini ? "generate_content" : "chat";

    /// <summary>The conventions' name of a provider's maker, as well as it can be known.</summary>
    public static string MakerOf(ProviderModel provider)
    {
        foreach (var (host, name) in Known)
        {
            var own = provider.BaseUrl.Host;
            if (own.EndsWith(host, StringComparison.OrdinalIgnoreCase) && (own.Length == host.Length || own[^(host.Length + 1)] is '.' or '-')) return name;
        }

        return provider.Protocol switch
        {
            WireProtocol.AnthropicMessages => "anthropic",
            WireProtocol.OpenAIChat or WireProtocol.OpenAIResponses => "openai",
            WireProtocol.Gemini => "gcp.gemini",
            WireProtocol.InProcess => throw WireProtocols.NotAProviders(provider.Protocol),
        };
    }
}
