namespace Understudy.PolicyFile.Reading;

/// <summary>How a message speaks of a word that somebody sent and that is none of the known ones.</summary>
public static class WrongWord
{
    private const int LongestShown = 80;

    /// <summary>The word as an error quotes it: not endless.</summary>
    public static string Shown(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= LongestShown ? text : text[..LongestShown] + "…";
    }

    /// <summary>The end of the sentence about it: the nearest right word, or a full stop.</summary>
    public static string DidYouMean(string wrong, IEnumerable<string> words) => Nearest.To(wrong, words) is { } near ? $"; did you mean '{near}'?" : ".";
}
