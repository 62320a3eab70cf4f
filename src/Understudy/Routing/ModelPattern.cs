namespace Understudy.Routing;

/// <summary>Patterns of model names: <c>*</c> stands for any characters, also none. Case does not matter.</summary>
public static class ModelPattern
{
    /// <summary>Whether <paramref name="model"/> fits <paramref name="pattern"/>.</summary>
    /// <remarks>Greedy with one point to go back to: linear for the patterns that people write, quadratic at worst.</remarks>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> model)
    {
        int at = 0, inside = 0, star = -1, mark = 0;
        while (at < model.Length)
        {
            if (inside < pattern.Length && pattern[inside] == '*')
            {
                star = inside++;
                mark = at;
            }
            else if (inside < pattern.Length && char.ToLowerInvariant(pattern[inside]) == char.ToLowerInvariant(model[at]))
            {
                inside++;
                at++;
            }
            else if (star >= 0)
            {
                inside = star + 1;
                at = ++mark;
            }
            else
            {
                return false;
            }
        }

        return pattern[inside..].IndexOfAnyExcept('*') < 0;
    }

    /// <summary>Whether every name that <paramref name="narrow"/> matches is matched by <paramref name="wide"/> too.</summary>
    /// <remarks>A star of the narrow one is read as a character that no name has, so only a star of the wide one takes it.</remarks>
    public static bool Covers(ReadOnlySpan<char> wide, ReadOnlySpan<char> narrow) => Matches(wide, narrow);
}
