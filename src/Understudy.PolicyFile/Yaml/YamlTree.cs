using Understudy.PolicyFile.Reading;

namespace Understudy.PolicyFile.Yaml;

/// <summary>A node of the file, with its place.</summary>
internal abstract record YamlTree(Mark At);

/// <summary>A scalar. <paramref name="Quoted"/> tells <c>"5"</c>, a text, from <c>5</c>, a number.</summary>
internal sealed record YamlText(Mark At, string Text, bool Quoted) : YamlTree(At)
{
    public bool IsNull => !Quoted && Text is "" or "~" or "null" or "Null" or "NULL";
}

/// <summary>A sequence.</summary>
internal sealed record YamlList(Mark At, IReadOnlyList<YamlTree> Items) : YamlTree(At);

/// <summary>A mapping, in the order of the file; duplicate keys are still in it.</summary>
internal sealed record YamlMap(Mark At, IReadOnlyList<YamlEntry> Entries) : YamlTree(At);

/// <summary>One key of a mapping.</summary>
internal sealed record YamlEntry(YamlText Key, YamlTree Value);

/// <summary>What could not be read and was reported already; whoever meets it says nothing more.</summary>
internal sealed record YamlBroken(Mark At) : YamlTree(At);
