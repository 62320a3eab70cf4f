using System.Text.RegularExpressions;

namespace Understudy.PolicyFile.Yaml;

/// <summary>
/// Lets <c>{ key: ${NAME} }</c> be written without quotes. To YAML the brace of the reference would end the mapping, so
/// the braces of references are letters of no alphabet while it is parsed. Every column stays what it is.
/// </summary>
internal sealed partial class ReferenceBraces
{
    private readonly char _open;
    private readonly char _close;

    private ReferenceBraces(char open) => (_open, _close) = (open, (char)(open + 1));

    /// <summary>A pair of letters that the text does not have.</summary>
    public static ReferenceBraces For(string text)
    {
        var open = '\uE000';
        while (open < '\uF8F0' && text.AsSpan().ContainsAny(open, (char)(open + 1))) open += (char)2;
        return new(open);
    }

    public string Hide(string text) => Reference().Replace(text, match => match.Value.Replace('{', _open).Replace('}', _close));

    public string Show(string text) => text.Replace(_open, '{').Replace(_close, '}');

    // No blanks, quotes or commas inside: what has those is not a reference, or stands in quotes and needs no help.
    [GeneratedRegex(@"\$\{[^{}\[\]\s,""']*\}")]
    private static partial Regex Reference();
}
