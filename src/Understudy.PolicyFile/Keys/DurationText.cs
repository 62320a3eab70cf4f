using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Understudy.PolicyFile.Keys;

/// <summary>Durations as people write them: <c>250ms</c>, <c>8s</c>, <c>1h30m</c>.</summary>
public static partial class DurationText
{
    /// <summary>The form, as the schema states it.</summary>
    public const string Pattern = "^([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+$";

    /// <summary>Reads one; false where the text is none.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (!Whole().IsMatch(text)) return false;
        double milliseconds = 0;
        foreach (Match part in Part().Matches(text))
        {
            var unit = part.Groups["unit"].Value switch { "ms" => 1d, "s" => 1e3, "m" => 6e4, "h" => 3.6e6, _ => 8.64e7 };
            milliseconds += double.Parse(part.Groups["number"].Value, CultureInfo.InvariantCulture) * unit;
        }
        if (milliseconds > TimeSpan.MaxValue.TotalMilliseconds / 2) return false;
        duration = TimeSpan.FromMilliseconds(milliseconds);
        return true;
    }

    /// <summary>The shortest way to write it.</summary>
    public static string Write(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero) return "0s";
        var text = new StringBuilder();
        if (duration.Days > 1 || (duration.Days == 1 && duration.Hours != 0)) text.Append(CultureInfo.InvariantCulture, $"{duration.Days}d");
        var hours = duration.Days == 1 && duration.Hours == 0 ? 24 : duration.Hours;
        if (hours != 0) text.Append(CultureInfo.InvariantCulture, $"{hours}h");
        // 60s and 90s are how clocks of calls are written; 1m30s only hides them.
        var seconds = duration.Minutes == 1 && hours == 0 && duration.Days == 0 ? 60 + duration.Seconds : duration.Seconds;
        if (duration.Minutes != 0 && seconds < 60) text.Append(CultureInfo.InvariantCulture, $"{duration.Minutes}m");
        if (seconds != 0) text.Append(CultureInfo.InvariantCulture, $"{seconds}s");
        if (duration.Milliseconds != 0) text.Append(CultureInfo.InvariantCulture, $"{duration.Milliseconds}ms");
        return text.Length == 0 ? "0s" : text.ToString();
    }

    [GeneratedRegex(Pattern, RegexOptions.CultureInvariant)]
    private static partial Regex Whole();

    [GeneratedRegex(@"(?<number>[0-9]+(\.[0-9]+)?)(?<unit>ms|s|m|h|d)", RegexOptions.CultureInvariant)]
    private static partial Regex Part();
}
