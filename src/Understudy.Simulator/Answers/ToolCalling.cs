namespace Understudy.Simulator.Answers;

/// <summary>
/// When the model calls tools: the user's last text says <c>call NAME</c> (each offered name after the word "call", twice
/// when "twice" follows it), or the request forces it. Once a tool has answered, the model talks.
/// </summary>
internal static class ToolCalling
{
    private const StringComparison AnyCase = StringComparison.OrdinalIgnoreCase;

    public static IReadOnlyList<OfferedTool> Choose(ModelCall call, Question question)
    {
        if (call.Tools.Count == 0 || call.ToolPolicy == ToolPolicy.None || question.HasToolResults) return [];

        var chosen = Named(call, question.LastUserText);
        if (call.ForcedTool is { } forced)
        {
            chosen = chosen.FindAll(tool => tool.Name == forced);
            if (chosen.Count == 0) chosen.AddRange(call.Tools.Where(tool => tool.Name == forced).Take(1));
        }
        else if (chosen.Count == 0 && call.ToolPolicy == ToolPolicy.Required)
        {
            chosen.Add(call.Tools[0]);
        }

        return call.OneToolAtATime ? chosen[..Math.Min(1, chosen.Count)] : chosen;
    }

    /// <summary>The user wants to hear something before the tools are called.</summary>
    public static bool ExplainsFirst(Question question) => question.LastUserText.Contains("explain", AnyCase);

    private static List<OfferedTool> Named(ModelCall call, string text)
    {
        var from = text.IndexOf("call ", AnyCase);
        if (from < 0) return [];

        var found = new List<(int At, OfferedTool Tool)>();
        foreach (var tool in call.Tools)
        {
            var at = IndexOfWord(text, tool.Name, from);
            if (at < 0) continue;
            found.Add((at, tool));
            if (text.AsSpan(at + tool.Name.Length).TrimStart().StartsWith("twice", AnyCase)) found.Add((at, tool));
        }

        return [.. found.OrderBy(hit => hit.At).Select(hit => hit.Tool)];
    }

    private static int IndexOfWord(string text, string word, int from)
    {
        for (var at = text.IndexOf(word, from, AnyCase); at >= 0; at = text.IndexOf(word, at + 1, AnyCase))
        {
            var end = at + word.Length;
            if ((at == 0 || !IsNamePart(text[at - 1])) && (end == text.Length || !IsNamePart(text[end]))) return at;
        }

        return -1;
    }

    private static bool IsNamePart(char letter) => char.IsLetterOrDigit(letter) || letter is '_' or '-';
}
