using System.Text.RegularExpressions;

namespace Understudy.Capture;

/// <summary>
/// Takes out of a text what must not be kept: keys, bearer tokens, passwords that are said to be some, e-mail addresses, card
/// numbers, the secrets that this gateway knows, and what the operator names. Not thread-safe: it counts.
/// </summary>
public sealed class Redactor
{
    /// <summary>What stands in the place of a text that an operator's pattern took too long with: what could not be searched is not kept.</summary>
    public const string TooSlow = "[not kept: a pattern took too long]";

    private const int ShortestSecret = 6;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    // Without backtracking: what people write must not be able to make the search slow.
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    private static readonly Lazy<(string Name, Regex Pattern)[]> _always = new(() =>
    [
        ("key", new(@"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(-----END [A-Z ]*PRIVATE KEY-----)?", Linear)),
        ("key", new(@"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(\.[A-Za-z0-9_-]*)?", Linear)),
        ("key", new(@"\b(sk|rk|pk|ak|us|key|api|gsk|xai|whsec|npm|hf|glpat|dop_v1|shpat)[-_][A-Za-z0-9_-]{8,}", Linear)),
        ("key", new(@"\b(AIza[A-Za-z0-9_-]{20,}|A[KS]IA[A-Z0-9]{12,}|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|xox[abeprs]-[A-Za-z0-9-]{8,}|ya29\.[A-Za-z0-9_-]{10,}|SG\.[A-Za-z0-9_.-]{16,})", Linear)),
        ("token", new(@"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}", Linear)),
        ("secret", new(@"(?i)\b(pass(word|wd|phrase)?|pwd|secret|(access|refresh|id|auth|session)?[_-]?token|api[_-]?key|client[_-]?secret|private[_-]?key|credentials?)[\\""']*\s*(:|=|\bis\b)\s*[\\""']*[^\s\\""',;}]+", Linear)),
        ("login", new(@"://[^/\s:@""']+:[^/\s@""']+@", Linear)),
        ("e-mail", new(@"[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)*\.\p{L}{2,}", Linear)),
        ("card", new(@"\b\d([ -]?\d){12,18}\b", Linear)),
    ]);

    private readonly List<Regex> _own = [];
    private readonly string[] _secrets;

    /// <param name="patterns">The operator's own, already tried (see <see cref="Mistake"/>).</param>
    /// <param name="secretsSensitive">What this gateway knows to be secret.</param>
    public Redactor(IEnumerable<string> patterns, IEnumerable<string> secretsSensitive)
    {
        foreach (var pattern in patterns) _own.Add(Make(pattern));
        _secrets = [.. secretsSensitive.Where(secret => secret.Length >= ShortestSecret).Distinct(StringComparer.Ordinal).OrderByDescending(secret => secret.Length)];
    }

    /// <summary>How many places were taken out.</summary>
    public int Count { get; private set; }

    /// <summary>What is wrong with an operator's pattern; null where nothing is.</summary>
    public static string? Mistake(string pattern)
    {
        try
        {
            return Make(pattern).IsMatch("") ? "it matches nothing at all, and so between any two letters" : null;
        }
        catch (ArgumentException wrong)
        {
            return wrong.Message;
        }
        catch (RegexMatchTimeoutException)
        {
            return "it takes too long";
        }
    }

    /// <summary>The text without what must not be kept.</summary>
    public string Clean(string textSensitive)
    {
        if (textSensitive.Length == 0) return textSensitive;
        var text = textSensitive;
        foreach (var secret in _secrets)
        {
            if (!text.Contains(secret, StringComparison.Ordinal)) continue;
            Count++;
            text = text.Replace(secret, "[redacted: key]", StringComparison.Ordinal);
        }

        foreach (var (name, pattern) in _always.Value) text = pattern.Replace(text, match => Out(name, match.Value));
        try
        {
            foreach (var pattern in _own)
            {
                text = pattern.Replace(text, match =>
                {
                    if (match.Length == 0) return "";
                    Count++;
                    return "[redacted]";
                });
            }
        }
        catch (RegexMatchTimeoutException)
        {
            Count++;
            return TooSlow;
        }

        return text;
    }

    /// <summary>Counts a place that was taken out whole, for its name.</summary>
    internal string Out()
    {
        Count++;
        return "[redacted: secret]";
    }

    private string Out(string name, string found)
    {
        if (name == "card" && !IsCard(found)) return found;
        Count++;
        return name == "login" ? "://[redacted: login]@" : $"[redacted: {name}]";
    }

    /// <summary>By its check digit (ISO/IEC 7812, Luhn): most long numbers are no cards.</summary>
    private static bool IsCard(string found)
    {
        int sum = 0, place = 0;
        for (var i = found.Length - 1; i >= 0; i--)
        {
            if (!char.IsAsciiDigit(found[i])) continue;
            var digit = found[i] - '0';
            if (place++ % 2 == 1) digit = digit > 4 ? (digit * 2) - 9 : digit * 2;
            sum += digit;
        }

        return sum % 10 == 0;
    }

    // What cannot be searched without backtracking (look-arounds, back-references) is searched with it, for so long.
    private static Regex Make(string pattern)
    {
        try
        {
            return new(pattern, Linear, Patience);
        }
        catch (NotSupportedException)
        {
            return new(pattern, RegexOptions.CultureInvariant, Patience);
        }
    }
}
