using Understudy.Calls;

namespace Understudy.Drills.Providers;

/// <summary>How fast a healthy model answers. The numbers are ours, of the order that the vendors' APIs show; a drill compares strategies, not vendors.</summary>
/// <param name="FirstToken">Seconds to the first token of a short prompt.</param>
/// <param name="TokensPerSecond">Tokens a second from then on.</param>
/// <param name="PromptTokensPerSecond">Tokens of the prompt that are read in a second, before the first token.</param>
public sealed record Pace(QuantileCurve FirstToken, QuantileCurve TokensPerSecond, double PromptTokensPerSecond)
{
    private static readonly Pace Claude = new(
        new((0, 0.3), (0.1, 0.5), (0.5, 0.8), (0.9, 1.5), (0.99, 2.8), (0.999, 4.2), (1, 6)),
        new((0, 35), (0.1, 50), (0.5, 70), (0.9, 90), (1, 110)),
        20_000);

    private static readonly Pace OpenAI = new(
        new((0, 0.25), (0.1, 0.4), (0.5, 0.7), (0.9, 1.4), (0.99, 2.8), (0.999, 4.2), (1, 6)),
        new((0, 40), (0.1, 60), (0.5, 85), (0.9, 110), (1, 140)),
        20_000);

    private static readonly Pace Gemini = new(
        new((0, 0.2), (0.1, 0.35), (0.5, 0.6), (0.9, 1.2), (0.99, 2.5), (0.999, 4), (1, 6)),
        new((0, 60), (0.1, 90), (0.5, 130), (0.9, 170), (1, 200)),
        20_000);

    /// <summary>The pace of the vendor whose protocol it is.</summary>
    public static Pace Of(WireProtocol protocol) => protocol switch
    {
        WireProtocol.AnthropicMessages => Claude,
        WireProtocol.OpenAIChat or WireProtocol.OpenAIResponses => OpenAI,
        WireProtocol.Gemini => Gemini,
        WireProtocol.InProcess => throw WireProtocols.NotAProviders(protocol),
    };
}
