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

    // Where a word begins; behind the escape of a text within a text (\n and its like), too, which reads as a letter before it.
    private const string Begins = @"((?<lead>\\[abfnrtv0])|\b)";

    private static readonly Lazy<(string Name, Regex Pattern)[]> _always = new(() =>
    [
        ("key", new(@"-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----([^-]|-{1,4}[^-])*(-----END [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----)?", Linear)),
        ("key", new(Begins + @"eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(\.[A-Za-z0-9_-]*)?", Linear)),
        ("key", new(Begins + @"(sk|rk|pk|ak|us|key|api|gsk|xai|whsec|npm|hf|glpat|dop_v1|shpat)[-_][A-Za-z0-9_-]{8,}", Linear)),
        ("key", new(Begins + @"(AIza[A-Za-z0-9_-]{20,}|A[KS]IA[A-Z0-9]{12,}|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|xox[abeprs]-[A-Za-z0-9-]{8,}|ya29\.[A-Za-z0-9_-]{10,}|SG\.[A-Za-z0-9_.-]{16,})", Linear)),
        ("token", new("(?i)" + Begins + @"(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}", Linear)),
        ("secret", new("(?i)" + Begins + SecretName + @"[\\""']*\s*(:=|=>|:|=|\bis\b)\s*(\\*""[^""\\\n]+|\\*'[^'\\\n]+|[^\s\\""',;}]+)", Linear)),
        ("login", new(@"://[^/\s:@""']+:[^/\s@""']+@", Linear)),
        ("e-mail", new(@"[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)*\.\p{L}{2,}", Linear)),
        ("card", new(Begins + @"[0-9]([ \u00A0\u2009\u202F\u2010-\u2015-]?[0-9]){12,}\b", Linear)),
    ]);

    // DB_PASSWORD and adminPassword as well; but no bypass and no compass.
    private const string SecretName = @"([\w-]*(password|passwd|passphrase|secret([_-]?key)?|api[_-]?key|private[_-]?key|access[_-]?key|credentials?)|([\w-]*[_-])?(pass|pwd|token)|(access|refresh|id|auth|session)token)";

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

    /// <summary>How many images and documents were left out: only how long they are is kept.</summary>
    internal int Blobs { get; private set; }

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

        foreach (var (name, pattern) in _always.Value) text = pattern.Replace(text, match => Out(name, match));
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

    /// <summary>Counts what is left out for what it is, and says how long it is.</summary>
    internal string Blob(int length)
    {
        Blobs++;
        return $"[{length} characters of base64]";
    }

    private string Out(string name, Match match)
    {
        var lead = match.Groups["lead"].Value;
        var found = match.Value[lead.Length..];
        if (name == "card")
        {
            var clean = CardNumbers.Out(found, "[redacted: card]", out var cards);
            Count += cards;
            return lead + clean;
        }

        Count++;
        return name == "login" ? "://[redacted: login]@" : $"{lead}[redacted: {name}]";
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
