namespace Understudy.Wires;

/// <summary>
/// The mark on reasoning that a Claude did not make but an Anthropic client sees. Clients keep a thinking block only with
/// a signature, and Anthropic refuses a conversation with a foreign one for ever, for the client resends it each turn: so
/// ours must be known by sight on its way back. What follows the prefix is the maker and the maker's own signature.
/// </summary>
public static class GatewaySignature
{
    private const string Prefix = "gw1.";
    private const string GeminiTag = "gw1.gemini.";
    private const string OpenAITag = "gw1.openai.";

    /// <summary>The mark for reasoning without any signature of its own.</summary>
    public const string Plain = "gw1.open";

    /// <summary>The prefix, to look for in a body that is to be passed on to Anthropic.</summary>
    public static ReadOnlySpan<byte> PrefixBytes => "\"gw1."u8;

    /// <summary>The signature for an Anthropic client.</summary>
    public static string Write(string? signature, ReasoningMaker maker) => maker switch
    {
        ReasoningMaker.Anthropic => signature ?? Plain,
        ReasoningMaker.Gemini => signature is null ? Plain : GeminiTag + signature,
        ReasoningMaker.OpenAI => signature is null ? Plain : OpenAITag + signature,
        ReasoningMaker.Unknown => Plain,
    };

    /// <summary>Whose signature an Anthropic client sent back, and what it is without our mark.</summary>
    public static (ReasoningMaker Maker, string? Signature) Read(string signature) =>
        signature.StartsWith(GeminiTag, StringComparison.Ordinal) ? (ReasoningMaker.Gemini, signature[GeminiTag.Length..])
        : signature.StartsWith(OpenAITag, StringComparison.Ordinal) ? (ReasoningMaker.OpenAI, signature[OpenAITag.Length..])
        : signature.StartsWith(Prefix, StringComparison.Ordinal) ? (ReasoningMaker.Unknown, null)
        : signature.Length == 0 ? (ReasoningMaker.Unknown, null) // Ollama's Anthropic surface signs nothing
        : (ReasoningMaker.Anthropic, signature);
}
