using System.Globalization;
using Understudy.Calls;

namespace Understudy.Drills.Providers;

/// <summary>What an account's limit looks like in its vendor's headers. Gemini has none.</summary>
internal static class RateLimitHeaders
{
    private static readonly string[] Anthropic = ["anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"];
    private static readonly string[] OpenAI = ["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"];

    /// <summary>The names that a vendor sends.</summary>
    public static IReadOnlyList<string> Names(WireProtocol protocol) => protocol switch
    {
        WireProtocol.AnthropicMessages => Anthropic,
        WireProtocol.OpenAIChat or WireProtocol.OpenAIResponses => OpenAI,
        WireProtocol.Gemini => [],
        WireProtocol.InProcess => throw WireProtocols.NotAProviders(protocol),
    };

    /// <summary>The value of a header; null where the vendor does not send it.</summary>
    public static string? Value(WireProtocol protocol, string name, TokenQuota quota, DateTimeOffset now)
    {
        var which = 0;
        var names = Names(protocol);
        while (which < names.Count && names[which] != name) which++;
        if (which == names.Count) return null;
        var full = TimeSpan.FromSeconds((1 - quota.Left) * 60);
        return which switch
        {
            0 => quota.PerMinute.ToString(CultureInfo.InvariantCulture),
            // Anthropic tells what is left in thousands, and a time; OpenAI tells it exactly, and a duration.
            1 when protocol == WireProtocol.AnthropicMessages => (quota.TokensLeft / 1000 * 1000).ToString(CultureInfo.InvariantCulture),
            1 => quota.TokensLeft.ToString(CultureInfo.InvariantCulture),
            _ when protocol == WireProtocol.AnthropicMessages => (now + full).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            _ => string.Create(CultureInfo.InvariantCulture, $"{full.TotalSeconds:0.###}s"),
        };
    }
}
