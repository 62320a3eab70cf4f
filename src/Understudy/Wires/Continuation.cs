namespace Understudy.Wires;

/// <summary>
/// How a cut answer is asked to go on. Prefill is exact, but Claude 4.6 and later, OpenAI and the newest Gemini Flash
/// models refuse it or begin anew; for them an instruction quotes the end of what the client has.
/// </summary>
internal static class Continuation
{
    /// <summary>Enough to find the place again, little enough not to be imitated as a whole.</summary>
    private const int QuotedTail = 200;

    public static Conversation Of(Conversation conversation, IReadOnlyList<Part> partial, bool prefill)
    {
        // Reasoning is bound to its maker, and a half call was never given to the client.
        var said = partial.Where(part => part is TextPart or ToolCallPart or RefusalPart).ToList();
        TrimEnd(said);
        if (said.Count == 0) return conversation;
        var turns = new List<Turn>(conversation.Turns);
        // A client's own prefill and what came after it are one text: two assistant turns at the end are refused by
        // llama.cpp, and merged with a line break by others.
        if (turns is [.., { Role: TurnRole.Assistant } last])
        {
            turns.RemoveAt(turns.Count - 1);
            said = Join(last.Parts, said);
        }

        turns.Add(new(TurnRole.Assistant, said));
        if (!prefill) turns.Add(new(TurnRole.User, [new TextPart(Instruction(said))]));
        return conversation with { Turns = turns };
    }

    /// <summary>"Final assistant content cannot end with trailing whitespace", says Anthropic; an empty text is refused too.</summary>
    private static void TrimEnd(List<Part> parts)
    {
        while (parts is [.., TextPart last])
        {
            var text = last.Text.TrimEnd();
            if (text.Length > 0)
            {
                parts[^1] = last with { Text = text };
                return;
            }

            parts.RemoveAt(parts.Count - 1);
        }
    }

    private static List<Part> Join(IReadOnlyList<Part> before, List<Part> after)
    {
        List<Part> joined = [.. before];
        if (joined is [.., TextPart left] && after is [TextPart right, ..])
        {
            joined[^1] = left with { Text = left.Text + right.Text };
            after = after[1..];
        }

        joined.AddRange(after);
        return joined;
    }

    private static string Instruction(List<Part> said)
    {
        var text = said is [.., TextPart last] ? last.Text : "";
        if (text.Length == 0) return "Your answer above was interrupted after the last tool call. Go on from there in the same language. Do not repeat anything, do not apologize and do not mention the interruption.";
        var from = Math.Max(0, text.Length - QuotedTail);
        if (from > 0 && char.IsLowSurrogate(text[from])) from++;
        return "Your answer above was interrupted by a technical fault. It ends with exactly this:\n\n"
            + text[from..]
            + "\n\nContinue exactly there, in the middle of the word or sentence if need be, with the very next characters. "
            + "Do not repeat any of it, do not begin anew, do not apologize and do not mention the interruption. Keep the language, the style and the formatting. "
            + "If the answer was complete there, say nothing at all.";
    }
}
