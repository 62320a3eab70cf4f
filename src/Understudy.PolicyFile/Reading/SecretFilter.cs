using System.Text.RegularExpressions;

namespace Understudy.PolicyFile.Reading;

/// <summary>
/// Takes secrets out of messages: every value that came out of a reference, every key written into the file, and what
/// looks like a key although it stands where none belongs (a swapped line is the usual way a key gets into a log).
/// </summary>
internal sealed partial class SecretFilter
{
    private const string Hidden = "[secret]";

    // Shorter values are words like "true" or "8s": removing them everywhere would only garble messages.
    private const int ShortestSecret = 6;

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public void Learn(string value)
    {
        if (value.Length >= ShortestSecret) _known.Add(value);
    }

    public string Remove(string text)
    {
        foreach (var secret in _known.OrderByDescending(value => value.Length))
            text = text.Replace(secret, Hidden, StringComparison.Ordinal);
        return LooksLikeKey().Replace(text, Hidden);
    }

    // Known prefixes of vendors' keys; or 24 letters and digits without a break, both among them. Model names have breaks.
    [GeneratedRegex(@"\b(?:sk|pk|rk|gsk|xai|us|ghp|glpat)[-_][A-Za-z0-9_\-]{6,}|\bAIza[A-Za-z0-9_\-]{10,}|\b(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{24,}\b")]
    private static partial Regex LooksLikeKey();
}
