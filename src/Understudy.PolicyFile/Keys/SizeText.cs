using System.Globalization;
using System.Text.RegularExpressions;

namespace Understudy.PolicyFile.Keys;

/// <summary>Sizes as people write them: <c>64KB</c>, <c>32MB</c>. A KB is 1024 bytes.</summary>
internal static partial class SizeText
{
    /// <summary>The form, as the schema states it.</summary>
    public const string Pattern = "^[0-9]+(B|KB|MB|GB|KiB|MiB|GiB)$";

    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        if (Form().Match(text) is not { Success: true } form) return false;
        if (!long.TryParse(form.Groups["number"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        var unit = form.Groups["unit"].Value[0] switch { 'B' => 1L, 'K' => 1L << 10, 'M' => 1L << 20, _ => 1L << 30 };
        if (number > long.MaxValue / unit) return false;
        bytes = number * unit;
        return true;
    }

    /// <summary>The shortest way to write it.</summary>
    public static string Write(long bytes) => bytes switch
    {
        >= 1L << 30 when bytes % (1L << 30) == 0 => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 30}GB"),
        >= 1L << 20 when bytes % (1L << 20) == 0 => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20}MB"),
        >= 1L << 10 when bytes % (1L << 10) == 0 => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 10}KB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes}B"),
    };

    [GeneratedRegex("^(?<number>[0-9]+)(?<unit>B|KB|MB|GB|KiB|MiB|GiB)$", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
