namespace Understudy.PolicyFile.Reading;

/// <summary>Patterns of model names, in which <c>*</c> stands for any text.</summary>
internal static class ModelPattern
{
    /// <summary>
    /// Whether every name that <paramref name="narrow"/> matches is matched by <paramref name="wide"/> too. A star of
    /// the narrow one can only be taken by a star of the wide one, so it is matched as a letter that no name has.
    /// </summary>
    public static bool Covers(string wide, string narrow) => Matches(wide, narrow);

    private static bool Matches(ReadOnlySpan<char> wide, ReadOnlySpan<char> narrow)
    {
        int w = 0, n = 0;
        // The classic walk with one remembered star: linear in practice, never exponential.
        int star = -1, retry = 0;
        while (n < narrow.Length)
        {
            if (w < wide.Length && wide[w] == '*')
            {
                star = w++;
                retry = n;
            }
            else if (w < wide.Length && narrow[n] != '*' && wide[w] == narrow[n])
            {
                w++;
                n++;
            }
            else if (star >= 0)
            {
                w = star + 1;
                n = ++retry;
            }
            else return false;
        }
        while (w < wide.Length && wide[w] == '*') w++;
        return w == wide.Length;
    }
}
