using System.Globalization;
using Understudy.Configuration;

namespace Understudy.Notices;

/// <summary>Which of a notice's languages a caller wants.</summary>
public static class NoticeLanguage
{
    /// <summary>Header lines longer than this are looked at no further.</summary>
    private const int MostWishes = 16;

    /// <summary>The text in the language that the caller likes best of those there are.</summary>
    /// <param name="words">The notice.</param>
    /// <param name="wanted">An <c>accept-language</c> line, or a single tag; null where the caller said nothing.</param>
    public static string Choose(NoticeWords words, string? wanted)
    {
        if (wanted is null || words.Languages.Count == 0) return words.Text;
        foreach (var tag in Wishes(wanted))
        {
            if (Find(words, tag) is { } text) return text;
        }

        return words.Text;
    }

    private static string? Find(NoticeWords words, string tag)
    {
        // "de-CH" takes "de-CH", else "de", else any German there is; the default text's language is one of them.
        if (Exactly(words, tag) is { } exact) return exact;
        var primary = Primary(tag);
        if (Exactly(words, primary) is { } general) return general;
        if (string.Equals(Primary(words.Language), primary, StringComparison.OrdinalIgnoreCase)) return words.Text;
        return words.Languages.FirstOrDefault(pair => string.Equals(Primary(pair.Key), primary, StringComparison.OrdinalIgnoreCase)).Value;
    }

    private static string? Exactly(NoticeWords words, string tag)
    {
        if (string.Equals(words.Language, tag, StringComparison.OrdinalIgnoreCase)) return words.Text;
        return words.Languages.FirstOrDefault(pair => string.Equals(pair.Key, tag, StringComparison.OrdinalIgnoreCase)).Value;
    }

    private static string Primary(string tag) => tag.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash ? tag[..dash] : tag;

    /// <summary>The tags of an <c>accept-language</c> line, best first (RFC 9110 §12.5.4); <c>*</c> and refused ones left out.</summary>
    private static IEnumerable<string> Wishes(string line) => line.Split(',', MostWishes + 1, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Take(MostWishes)
        .Select(wish => wish.Split(';', 2, StringSplitOptions.TrimEntries))
        .Select(wish => (Tag: wish[0], Quality: wish.Length == 1 ? 1 : Quality(wish[1])))
        .Where(wish => wish.Quality > 0 && wish.Tag is not ("*" or ""))
        .OrderByDescending(wish => wish.Quality)
        .Select(wish => wish.Tag);

    private static double Quality(string parameter) =>
        parameter.StartsWith("q=", StringComparison.OrdinalIgnoreCase)
        && double.TryParse(parameter.AsSpan(2), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var quality) ? quality : 0;
}
