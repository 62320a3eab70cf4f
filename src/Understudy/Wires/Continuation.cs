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
        if (conversation.Output is { } form && said is [.., TextPart document]) return OfDocument(conversation, turns, document.Text, form, prefill);
        if (!prefill) turns.Add(new(TurnRole.User, [new TextPart(Instruction(said))]));
        return conversation with { Turns = turns };
    }

    /// <summary>
    /// Half a JSON document. The form is told and no longer enforced: under a schema a vendor lets the model write nothing
    /// but a document from its first brace on, and Anthropic refuses a schema together with prefill.
    /// </summary>
    private static Conversation OfDocument(Conversation conversation, List<Turn> turns, string document, OutputForm form, bool prefill)
    {
        if (prefill) return conversation with { Turns = turns, Output = null, System = [.. conversation.System, new(RequestLosses.FormInstruction(form))] };
        var instruction = "Your answer above is the beginning of one JSON document, interrupted by a technical fault. It ends with exactly this:\n\n"
            + Tail(document)
            + "\n\nWrite the rest of that document: the very next characters, in the middle of a string or a number if need be, so that what stands above and what you write now, "
            + "joined without anything between them, are one valid JSON document. Do not write the beginning again, use no code fence and no prose, and stop where the document ends."
            + (form.Schema is null ? "" : "\nThe whole document obeys this JSON schema:\n" + form.Schema);
        turns.Add(new(TurnRole.User, [new TextPart(instruction)]));
        return conversation with { Turns = turns, Output = null };
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
        return "Your answer above was interrupted by a technical fault. It ends with exactly this:\n\n"
            + Tail(text)
            + "\n\nContinue exactly there, in the middle of the word or sentence if need be, with the very next characters. "
            + "Do not repeat any of it, do not begin anew, do not apologize and do not mention the interruption. Keep the language, the style and the formatting. "
            + "If the answer was complete there, say nothing at all.";
    }

    private static string Tail(string text)
    {
        var from = Math.Max(0, text.Length - QuotedTail);
        if (from > 0 && char.IsLowSurrogate(text[from])) from++;
        return text[from..];
    }
}
