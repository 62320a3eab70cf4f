using System.Text;
using System.Text.RegularExpressions;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads <c>${NAME}</c> and <c>${file:PATH}</c>; <c>$${</c> is a plain <c>${</c>.</summary>
internal sealed partial class References(PolicyEnvironment environment, string policyPath, MistakeList mistakes)
{
    private readonly HashSet<string> _files = new(StringComparer.Ordinal);

    /// <summary>The secret files that were read or were looked for.</summary>
    public IReadOnlyList<string> Files => [.. _files];

    public static bool IsIn(string text) => text.Contains("${", StringComparison.Ordinal);

    /// <summary>The text with its references read; null where one is missing (reported).</summary>
    public string? Expand(string text, Mark at)
    {
        if (!IsIn(text)) return text;
        var whole = true;
        var expanded = new StringBuilder();
        var from = 0;
        foreach (Match reference in Form().Matches(text))
        {
            expanded.Append(text, from, reference.Index - from);
            from = reference.Index + reference.Length;
            if (reference.Value == "$${") expanded.Append("${");
            else if (Read(reference.Groups["name"], at) is { } value) expanded.Append(value);
            else whole = false;
        }
        return whole ? expanded.Append(text, from, text.Length - from).ToString() : null;
    }

    private string? Read(Group name, Mark at)
    {
        if (!name.Success)
        {
            mistakes.Add(at, "'${' without a closing '}'", "write ${NAME} or ${file:PATH}, and $${ for a plain '${'");
            return null;
        }
        var value = name.Value.StartsWith("file:", StringComparison.Ordinal) ? ReadFile(name.Value["file:".Length..].Trim(), at) : ReadVariable(name.Value, at);
        if (value is not null) mistakes.Secrets.Learn(value);
        return value;
    }

    private string? ReadVariable(string name, Mark at)
    {
        if (!VariableName().IsMatch(name))
        {
            mistakes.Add(at, $"'${{{name}}}' names no variable", "write ${NAME} with letters, digits and '_', or ${file:PATH}");
            return null;
        }
        if (environment.Variable(name) is { } value) return value;
        var near = Nearest.To(name, environment.Names.Where(other => environment.Variable(other) is not null));
        mistakes.Add(at, $"the variable {name} is not set or is empty", $"set it before starting, as in 'export {name}=…'", near);
        return null;
    }

    private string? ReadFile(string file, Mark at)
    {
        var path = Path.Combine(Path.GetDirectoryName(policyPath) ?? "", file);
        _files.Add(path);
        var text = environment.File(path)?.Trim();
        if (!string.IsNullOrEmpty(text)) return text;
        mistakes.Add(at, text is null ? $"the file '{file}' can't be read" : $"the file '{file}' is empty", "${file:PATH} is relative to the policy file");
        return null;
    }

    [GeneratedRegex(@"\$\$\{|\$\{(?:(?<name>[^{}\n]*)\})?")]
    private static partial Regex Form();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex VariableName();
}
