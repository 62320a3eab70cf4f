namespace Understudy.PolicyFile.Reading;

/// <summary>The valid word that a wrong one was probably meant to be.</summary>
public static class Nearest
{
    /// <summary>The nearest of <paramref name="words"/>, or null where none is near enough to be worth saying.</summary>
    public static string? To(string wrong, IEnumerable<string> words)
    {
        var farthest = Math.Max(1, wrong.Length / 3);
        return words
            .Select(word => (Word: word, Distance: Distance(Fold(wrong), Fold(word))))
            .Where(pair => pair.Distance <= farthest && pair.Distance < pair.Word.Length)
            .OrderBy(pair => pair.Distance).ThenBy(pair => pair.Word, StringComparer.Ordinal)
            .Select(pair => pair.Word)
            .FirstOrDefault();
    }

    /// <summary>Edits between two words, a swap of neighbours counting as one (optimal string alignment).</summary>
    public static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                var best = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) best = Math.Min(best, rows[i - 2, j - 2] + 1);
                rows[i, j] = best;
            }
        }
        return rows[a.Length, b.Length];
    }

    // firstToken, first-token and First_Token are all "first_token" to the person who typed them.
    private static string Fold(string word) => word.Replace("-", "", StringComparison.Ordinal)
        .Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
}
