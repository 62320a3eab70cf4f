namespace Understudy.Wires;

/// <summary>
/// Names of tools as a target takes them: letters, digits, <c>_</c>, <c>-</c>, at most 64. Names of MCP servers are
/// longer, Gemini's have dots. A changed name ends in a hash of the old one, so it is the same in every turn.
/// </summary>
/// <param name="isForeign">Whether the client speaks another protocol; its own target's rules are its own affair.</param>
/// <param name="startsWithLetter">Whether a name must begin with a letter or <c>_</c> (Gemini).</param>
internal sealed class ToolNames(bool isForeign, bool startsWithLetter = false)
{
    private const int MaxLength = 64;
    private const int HashLength = 8;
    private readonly Dictionary<string, string> _toClient = new(StringComparer.Ordinal);

    /// <summary>The client's names by the target's, where they differ; null where none does.</summary>
    public IReadOnlyDictionary<string, string>? ToClient => _toClient.Count == 0 ? null : _toClient;

    /// <summary>The target's name of a tool.</summary>
    public string For(string name)
    {
        if (!isForeign || (IsCommon(name) && IsStart(name[0]))) return name;
        var kept = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' ? c : '_'));
        if (kept.Length > 0 && !IsStart(kept[0])) kept = "_" + kept;
        if (kept.Length > MaxLength - HashLength - 1) kept = kept[..(MaxLength - HashLength - 1)];
        var changed = $"{kept}_{ToolIds.Base62(name, HashLength)}";
        _toClient[changed] = name;
        return changed;
    }

    private bool IsStart(char c) => !startsWithLetter || char.IsAsciiLetter(c) || c == '_';

    private static bool IsCommon(string name) =>
        name.Length is > 0 and <= MaxLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
}
