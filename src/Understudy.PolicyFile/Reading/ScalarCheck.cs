using System.Globalization;
using Understudy.PolicyFile.Keys;
using Understudy.PolicyFile.Yaml;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads one scalar as the kind its key names.</summary>
internal sealed class ScalarCheck(MistakeList mistakes, References references)
{
    private static readonly (string Ours, string[] Elsewhere)[] _units =
    [
        ("ms", ["msec", "millis", "milliseconds"]),
        ("s", ["sec", "secs", "second", "seconds"]),
        ("m", ["min", "mins", "minute", "minutes"]),
        ("h", ["hr", "hrs", "hour", "hours"]),
        ("d", ["day", "days"]),
    ];

    public object? Value(Key key, YamlTree node, KeyKind kind)
    {
        if (node is YamlBroken) return null;
        if (node is not YamlText scalar)
        {
            mistakes.Add(node.At, $"'{key.Name}' must be {Expected(kind)}, found {TableCheck.Name(node)}", As(key));
            return null;
        }
        if (kind == KeyKind.Secret && !key.MayBeLiteral && !References.IsIn(scalar.Text)) NoteLiteral(key, scalar);
        if (references.Expand(scalar.Text, scalar.At) is not { } text) return null;
        if (string.IsNullOrWhiteSpace(text))
        {
            mistakes.Add(scalar.At, $"'{key.Name}' is empty", As(key));
            return null;
        }
        var shown = kind == KeyKind.Secret ? "" : scalar.Text;
        return kind switch
        {
            KeyKind.Duration => Duration(key, scalar, text.Trim(), shown),
            KeyKind.Size => Size(key, scalar, text.Trim(), shown),
            KeyKind.Whole => Number(key, scalar, text.Trim(), shown, whole: true) is { } number ? (int)number : null,
            KeyKind.Number => Number(key, scalar, text.Trim(), shown, whole: false),
            KeyKind.Percent => Percent(key, scalar, text.Trim(), shown),
            KeyKind.Flag => Flag(key, scalar, text.Trim(), shown),
            KeyKind.Word => Word(key, scalar, text.Trim(), shown),
            KeyKind.Text or KeyKind.Secret or KeyKind.TextOrList or KeyKind.TextOrObject or KeyKind.TextMap or KeyKind.Json or KeyKind.TextList or KeyKind.NumberList or KeyKind.Object or KeyKind.ObjectList or KeyKind.ObjectMap => text,
        };
    }

    private void NoteLiteral(Key key, YamlText scalar)
    {
        mistakes.Secrets.Learn(scalar.Text);
        mistakes.Note(scalar.At, $"'{key.Name}' is written into the file", $"files are copied and committed: put it into the environment, as in '{key.Name}: {key.Example}'");
    }

    private object? Duration(Key key, YamlText at, string text, string shown)
    {
        if (key.Words.Contains(text, StringComparer.Ordinal)) return text;
        if (!DurationText.TryParse(text, out var duration))
        {
            var digits = text.TrimEnd([.. "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ "]);
            var unit = text[digits.Length..].Trim();
            if (text.StartsWith('-')) mistakes.Add(at.At, $"'{key.Name}: {shown}' is negative", "a duration is more than zero");
            else if (digits.Length > 0 && unit.Length == 0 && double.TryParse(digits, CultureInfo.InvariantCulture, out _))
                mistakes.Add(at.At, $"'{key.Name}: {shown}' has no unit", "ms, s, m, h or d", References.IsIn(shown) ? null : $"{digits}s");
            else if (key.Words.Count > 0 && char.IsAsciiLetter(text[0]))
                mistakes.Add(at.At, $"'{key.Name}: {shown}' is neither a duration nor known", $"a duration like 8s, or {string.Join(", ", key.Words)}", References.IsIn(shown) ? null : NearestWord(text, key.Words));
            else mistakes.Add(at.At, $"'{key.Name}: {shown}' is not a duration", "write it like 250ms, 8s, 10m, 24h or 1h30m", digits.Length > 0 && Array.Find(_units, one => one.Elsewhere.Contains(unit, StringComparer.OrdinalIgnoreCase)).Ours is { } ours ? digits.Trim() + ours : null);
            return null;
        }
        if (duration <= TimeSpan.Zero) return Wrong(at, $"'{key.Name}: {shown}' is zero", "it must be more than zero: nothing could ever happen in that time");
        if (duration.TotalSeconds > key.Most) return Wrong(at, $"'{key.Name}: {shown}' is too long", $"at most {DurationText.Write(TimeSpan.FromSeconds(key.Most))}");
        return duration;
    }

    private object? Size(Key key, YamlText at, string text, string shown)
    {
        if (!SizeText.TryParse(text, out var bytes))
        {
            var upper = text.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
            var near = References.IsIn(shown) ? null : SizeText.TryParse(upper, out _) ? upper : SizeText.TryParse(upper + "B", out _) ? upper + "B" : null;
            mistakes.Add(at.At, $"'{key.Name}: {shown}' is not a size", "write it like 64KB or 32MB", near);
            return null;
        }
        if (bytes < key.Least || (key.MoreThanLeast && bytes <= key.Least)) return Wrong(at, $"'{key.Name}: {shown}' is too small", key.MoreThanLeast ? "it must be more than zero" : $"at least {SizeText.Write((long)key.Least)}");
        if (bytes > key.Most) return Wrong(at, $"'{key.Name}: {shown}' is too large", $"at most {SizeText.Write((long)key.Most)}");
        return bytes;
    }

    private double? Number(Key key, YamlText at, string text, string shown, bool whole)
    {
        var style = whole ? NumberStyles.AllowLeadingSign : NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        // A number in quotes is a text to the schema as well; only a reference may stand in for one.
        var quoted = at.Quoted && !References.IsIn(shown);
        if (quoted || !double.TryParse(text, style, CultureInfo.InvariantCulture, out var number))
        {
            mistakes.Add(at.At, $"'{key.Name}: {shown}' is not a {(whole ? "whole " : "")}number", quoted ? "remove the quotes" : As(key));
            return null;
        }
        var tooSmall = key.MoreThanLeast ? number <= key.Least : number < key.Least;
        if (!tooSmall && number <= key.Most) return number;
        var least = string.Create(CultureInfo.InvariantCulture, $"{(key.MoreThanLeast ? "more than" : "at least")} {key.Least}");
        var most = string.Create(CultureInfo.InvariantCulture, $"at most {key.Most}");
        mistakes.Add(at.At, $"'{key.Name}: {shown}' is out of range", key.Most == double.MaxValue ? $"it must be {least}" : $"it must be {least} and {most}");
        return null;
    }

    private object? Percent(Key key, YamlText at, string text, string shown)
    {
        if (key.Words.Contains(text, StringComparer.Ordinal)) return text;
        if (!text.EndsWith('%') || !double.TryParse(text.AsSpan(0, text.Length - 1).Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent))
        {
            var near = !References.IsIn(shown) && double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var plain) ? string.Create(CultureInfo.InvariantCulture, $"{(plain <= 1 ? plain * 100 : plain):0.###}%") : null;
            mistakes.Add(at.At, $"'{key.Name}: {shown}' is not a share", As(key) ?? "as in '5%'", near);
            return null;
        }

        var share = percent / 100;
        if ((key.MoreThanLeast ? share > key.Least : share >= key.Least) && share <= key.Most) return share;
        mistakes.Add(at.At, $"'{key.Name}: {shown}' is out of range", string.Create(CultureInfo.InvariantCulture, $"it must be {(key.MoreThanLeast ? "more than" : "at least")} {key.Least * 100:0.###}% and at most {key.Most * 100:0.###}%"));
        return null;
    }

    private bool? Flag(Key key, YamlText at, string text, string shown)
    {
        if (!at.Quoted || References.IsIn(shown))
        {
            if (text is "true" or "True" or "TRUE") return true;
            if (text is "false" or "False" or "FALSE") return false;
        }
        var meant = text.ToUpperInvariant() switch { "YES" or "ON" or "Y" or "1" or "TRUE" => "true", "NO" or "OFF" or "N" or "0" or "FALSE" => "false", _ => null };
        mistakes.Add(at.At, $"'{key.Name}: {shown}' is neither true nor false", at.Quoted ? "remove the quotes" : null, meant);
        return null;
    }

    private string? Word(Key key, YamlText at, string text, string shown)
    {
        if (key.Words.Contains(text, StringComparer.Ordinal)) return text;
        mistakes.Add(at.At, $"'{key.Name}: {shown}' is not known", $"one of {string.Join(", ", key.Words)}", References.IsIn(shown) ? null : NearestWord(text, key.Words));
        return null;
    }

    // "openai-chat", "anthropic_messages" and "google-gemini" are longer than an edit distance forgives.
    private static string? NearestWord(string text, IReadOnlyList<string> words) => Nearest.To(text, words)
        ?? words.Where(word => text.Contains(word, StringComparison.OrdinalIgnoreCase)).MaxBy(word => word.Length)
        ?? (text.ToUpperInvariant() switch { "CLAUDE" => PolicyKeys.Anthropic, "GOOGLE" or "VERTEX" => PolicyKeys.Gemini, "OLLAMA" or "VLLM" or "AZURE" or "GPT" => PolicyKeys.OpenAI, _ => null } is { } word && words.Contains(word) ? word : null);

    private object? Wrong(YamlText at, string what, string why)
    {
        mistakes.Add(at.At, what, why);
        return null;
    }

    private static string? As(Key key) => key.Example is null ? null : $"as in '{key.Name}: {key.Example}'";

    private static string Expected(KeyKind kind) => kind switch
    {
        KeyKind.Duration => "a duration",
        KeyKind.Size => "a size",
        KeyKind.Whole => "a whole number",
        KeyKind.Number => "a number",
        KeyKind.Percent => "a share like 5%",
        KeyKind.Flag => "true or false",
        KeyKind.Text or KeyKind.Secret or KeyKind.Word or KeyKind.TextOrList or KeyKind.TextOrObject or KeyKind.TextMap or KeyKind.Json or KeyKind.TextList or KeyKind.NumberList or KeyKind.Object or KeyKind.ObjectList or KeyKind.ObjectMap => "a text",
    };
}
