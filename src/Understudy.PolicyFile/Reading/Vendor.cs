using Understudy.Calls;
using Understudy.Configuration;
using Understudy.PolicyFile.Keys;

namespace Understudy.PolicyFile.Reading;

/// <summary>What is known of a vendor: where it is, which variables name it, how the catalogue calls it.</summary>
/// <param name="ProviderName">The provider's name where there is no file.</param>
/// <param name="Protocol">What it speaks.</param>
/// <param name="BaseUrl">Where it is.</param>
/// <param name="Catalogue">Its name in the catalogue.</param>
/// <param name="KeyVariables">Where its key is looked for, in order.</param>
/// <param name="UrlVariables">Where another base URL is looked for, in order.</param>
internal sealed record Vendor(
    string ProviderName,
    WireProtocol Protocol,
    Uri BaseUrl,
    string Catalogue,
    IReadOnlyList<string> KeyVariables,
    IReadOnlyList<string> UrlVariables)
{
    public static Vendor Anthropic { get; } = new("claude", WireProtocol.AnthropicMessages, new Uri("https://api.anthropic.com"), "anthropic", ["ANTHROPIC_API_KEY"], ["ANTHROPIC_BASE_URL"]);

    public static Vendor OpenAI { get; } = new("openai", WireProtocol.OpenAIChat, new Uri("https://api.openai.com/v1"), "openai", ["OPENAI_API_KEY"], ["OPENAI_BASE_URL"]);

    public static Vendor Gemini { get; } = new("gemini", WireProtocol.Gemini, new Uri("https://generativelanguage.googleapis.com"), "google", ["GEMINI_API_KEY", "GOOGLE_API_KEY"], ["GOOGLE_GEMINI_BASE_URL", "GEMINI_BASE_URL"]);

    public static IReadOnlyList<Vendor> All { get; } = [Anthropic, OpenAI, Gemini];

    /// <summary>The vendor whose protocol it is.</summary>
    public static Vendor Of(WireProtocol protocol) => protocol switch
    {
        WireProtocol.AnthropicMessages => Anthropic,
        WireProtocol.OpenAIChat or WireProtocol.OpenAIResponses => OpenAI,
        WireProtocol.Gemini => Gemini,
        WireProtocol.InProcess => throw WireProtocols.NotAProviders(protocol),
    };

    /// <summary>
    /// The vendor whose models a provider serves. A compatible server elsewhere (Ollama, vLLM, a simulator under the
    /// vendor's protocol) counts as the vendor's unless it is a keyless OpenAI-compatible one: those serve open models.
    /// </summary>
    public static Vendor? Of(ProviderModel provider)
    {
        var vendor = Of(provider.Protocol);
        var own = provider.BaseUrl.Host == vendor.BaseUrl.Host || vendor != OpenAI || (provider.Key is not null && provider.Name == OpenAI.ProviderName);
        return own ? vendor : null;
    }

    /// <summary>The protocol of a word of the file.</summary>
    public static WireProtocol ProtocolOf(string word) => word switch
    {
        PolicyKeys.Anthropic => WireProtocol.AnthropicMessages,
        PolicyKeys.OpenAIResponses => WireProtocol.OpenAIResponses,
        PolicyKeys.Gemini => WireProtocol.Gemini,
        _ => WireProtocol.OpenAIChat,
    };
}
