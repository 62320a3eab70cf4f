using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;

namespace Understudy.Notices;

/// <summary>
/// A notice's text with variables in braces: <c>{since}</c>. Two braces are one (<c>{{since}}</c>), and braces around anything but
/// a word are only braces, so that ordinary text needs no care.
/// </summary>
public sealed partial class NoticeTemplate
{
    /// <summary>A variable's value is no longer than this in any notice: what a client sends back is matched by it.</summary>
    public const int LongestValue = 200;

    private static readonly ConcurrentDictionary<string, NoticeTemplate> Parsed = new(StringComparer.Ordinal);

    private readonly List<Piece> _pieces = [];

    private NoticeTemplate(string text)
    {
        var literal = new StringBuilder();
        var from = 0;
        foreach (Match match in Braces().Matches(text))
        {
            literal.Append(text, from, match.Index - from);
            from = match.Index + match.Length;
            if (match.Groups["name"] is not { Success: true, Value: var name })
            {
                literal.Append(match.Value[0]);
                continue;
            }

            if (literal.Length > 0) _pieces.Add(new(literal.ToString(), null));
            literal.Clear();
            _pieces.Add(new("", name));
        }

        literal.Append(text, from, text.Length - from);
        if (literal.Length > 0) _pieces.Add(new(literal.ToString(), null));
    }

    /// <summary>The names that a notice may use, in the order in which they are documented.</summary>
    public static IReadOnlyList<string> Variables { get; } = ["provider", "what", "since", "retry_after", "model", "request_id"];

    /// <summary>The template of a text; parsed once.</summary>
    public static NoticeTemplate Of(string text) => Parsed.GetOrAdd(text, static written => new(written));

    /// <summary>The names in braces in a text.</summary>
    public static IReadOnlyList<string> NamesIn(string text) =>
        [.. new NoticeTemplate(text)._pieces.Select(piece => piece.Variable).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>The names in a text that no variable has.</summary>
    public static IReadOnlyList<string> UnknownIn(string text) => [.. NamesIn(text).Where(name => !Variables.Contains(name, StringComparer.Ordinal))];

    /// <summary>What stands between the variables, in order.</summary>
    internal IReadOnlyList<string> Literals => [.. _pieces.Where(piece => piece.Variable is null).Select(piece => piece.Literal)];

    /// <summary>The text with its variables filled in.</summary>
    /// <param name="value">The value of a variable.</param>
    public string Fill(Func<string, string> value)
    {
        var text = new StringBuilder();
        foreach (var piece in _pieces)
        {
            if (piece.Variable is null) text.Append(piece.Literal);
            else text.Append(Cut(value(piece.Variable)));
        }

        return text.ToString();
    }

    /// <summary>Whether a text is this one with whatever in place of its variables.</summary>
    public bool Matches(string text)
    {
        var rest = text.AsSpan().Trim();
        var open = 0; // how many characters variables may have taken before the next literal
        for (var i = 0; i < _pieces.Count; i++)
        {
            if (_pieces[i].Variable is not null)
            {
                open += LongestValue;
                continue;
            }

            var literal = _pieces[i].Literal.AsSpan();
            if (i == 0) literal = literal.TrimStart();
            if (i == _pieces.Count - 1) literal = literal.TrimEnd();
            // The last one must stand at the very end: an earlier place of the same words would leave a rest.
            var at = i == _pieces.Count - 1 && rest.EndsWith(literal, StringComparison.Ordinal) ? rest.Length - literal.Length : rest.IndexOf(literal, StringComparison.Ordinal);
            if (at < 0 || at > open) return false;
            rest = rest[(at + literal.Length)..];
            open = 0;
        }

        return rest.Length <= open;
    }

    private static string Cut(string value) => value.Length <= LongestValue ? value : value[..LongestValue];

    // "${NAME}" is how a plain reference is written into a policy file: not ours.
    [GeneratedRegex(@"\{\{|\}\}|(?<!\$)\{(?<name>[A-Za-z_]+)\}")]
    private static partial Regex Braces();

    private readonly record struct Piece(string Literal, string? Variable);
}
