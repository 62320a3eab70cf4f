using System.Text;

namespace Understudy.PolicyFile;

/// <summary>One thing that is wrong in a policy, or worth knowing about it, and where. It never holds a secret.</summary>
/// <param name="Path">The file, or <c>environment</c>.</param>
/// <param name="Line">From 1; 0 where there is no line to point at.</param>
/// <param name="Column">From 1; 0 where there is no column to point at.</param>
/// <param name="What">What is wrong.</param>
/// <param name="Why">The reason, or what to do; null where <paramref name="What"/> says it all.</param>
/// <param name="Nearest">The valid word that was probably meant; null for none.</param>
public sealed record PolicyMistake(string Path, int Line, int Column, string What, string? Why = null, string? Nearest = null)
{
    /// <summary>As an editor or a terminal can follow it: <c>file:line:column: what; why; did you mean 'x'?</c></summary>
    public override string ToString()
    {
        var text = new StringBuilder(Path);
        if (Line > 0) text.Append(':').Append(Line).Append(':').Append(Column);
        text.Append(": ").Append(What);
        if (Why is not null) text.Append("; ").Append(Why);
        if (Nearest is not null) text.Append("; did you mean '").Append(Nearest).Append("'?");
        return text.ToString();
    }
}
