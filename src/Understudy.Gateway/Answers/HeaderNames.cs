using System.Text;

namespace Understudy.Gateway.Answers;

/// <summary>The names of headers that providers send, kept as strings: each call would make them anew otherwise.</summary>
internal static class HeaderNames
{
    private static readonly string[] Known =
    [
        "date", "server", "vary", "via", "request-id", "x-request-id", "content-type", "cache-control", "retry-after", "set-cookie", "cf-ray",
        "cf-cache-status", "x-robots-tag", "strict-transport-security", "x-content-type-options", "alt-svc", "access-control-allow-origin",
        "access-control-expose-headers", "openai-version", "openai-organization", "openai-project", "openai-processing-ms",
        "anthropic-organization-id", "anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset", "anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining",
        "anthropic-ratelimit-tokens-reset", "anthropic-ratelimit-input-tokens-limit", "anthropic-ratelimit-input-tokens-remaining",
        "anthropic-ratelimit-input-tokens-reset", "anthropic-ratelimit-output-tokens-limit", "anthropic-ratelimit-output-tokens-remaining",
        "anthropic-ratelimit-output-tokens-reset", "x-ratelimit-limit-requests", "x-ratelimit-limit-tokens", "x-ratelimit-remaining-requests",
        "x-ratelimit-remaining-tokens", "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens", "x-should-retry",
    ];

    private static readonly (byte[] Bytes, string Text)[][] ByLength = Sort();

    /// <summary>The name as a string.</summary>
    public static string Text(ReadOnlySpan<byte> name)
    {
        if (name.Length < ByLength.Length)
        {
            foreach (var (bytes, text) in ByLength[name.Length])
            {
                if (Ascii.EqualsIgnoreCase(name, bytes)) return text;
            }
        }

        return Encoding.ASCII.GetString(name);
    }

    /// <summary>A value with everything but visible ASCII percent-encoded: a model's name is the client's to choose, and may hold a line break.</summary>
    public static string Visible(string value) => value.AsSpan().ContainsAnyExceptInRange('!', '~') ? Uri.EscapeDataString(value).Replace("%2F", "/", StringComparison.Ordinal) : value;

    private static (byte[] Bytes, string Text)[][] Sort()
    {
        var byLength = new (byte[] Bytes, string Text)[Known.Max(name => name.Length) + 1][];
        for (var length = 0; length < byLength.Length; length++)
        {
            byLength[length] = [.. Known.Where(name => name.Length == length).Select(name => (Encoding.ASCII.GetBytes(name), name))];
        }

        return byLength;
    }
}
