namespace Understudy.Simulator.Answers;

/// <summary>What a conversation comes down to for the model.</summary>
internal sealed record Question
{
    /// <summary>See <see cref="AnswerText.Prompt"/>.</summary>
    public required string Prompt { get; init; }

    /// <summary>The user's last words alone.</summary>
    public required string LastUserText { get; init; }

    /// <summary>Tools have answered since the user spoke.</summary>
    public required bool HasToolResults { get; init; }

    /// <summary>The beginning of the answer, said already; null when the answer is to begin.</summary>
    public string? AlreadySaid { get; init; }

    /// <summary>The answer that <see cref="AlreadySaid"/> is the beginning of.</summary>
    public string? Whole { get; init; }

    /// <summary>
    /// Reads a conversation, given the answers that there are to a prompt. It is a continuation when, behind peeled-off requests to go on (or as a prefill at its end),
    /// there is an assistant text that is a proper beginning of the answer the conversation before it would have got.
    /// A user who says "continue" after a whole answer asks something new; one who says that it was interrupted, or a prefill
    /// of all of it, leaves nothing to add.
    /// </summary>
    public static Question Read(IReadOnlyList<Utterance> utterances, Func<string, IEnumerable<string>> wholes)
    {
        var end = utterances.Count;
        var said = "";
        Question? continuation = null;
        while (true)
        {
            var cursor = end;
            var mayBeWhole = true;
            if (said.Length > 0 || cursor == 0 || utterances[cursor - 1].Speaker != Speaker.Assistant)
            {
                while (cursor > 0 && utterances[cursor - 1].Speaker == Speaker.User) cursor--;
                if (cursor == end || !AsksToGoOn(utterances, cursor, end)) break;
                mayBeWhole = Says(utterances, cursor, end, "interrupted");
            }

            var textEnd = cursor;
            while (cursor > 0 && utterances[cursor - 1].Speaker == Speaker.Assistant) cursor--;
            if (cursor == textEnd) break;

            said = Join(utterances, cursor, textEnd, "") + said;
            end = cursor;
            var question = Plain(utterances, end);
            var whole = wholes(question.Prompt).FirstOrDefault(whole => Remainder(whole, said) is { } rest && (rest.Length > 0 || mayBeWhole));
            if (whole is not null) continuation = question with { AlreadySaid = said, Whole = whole };
        }

        if (continuation is not null) return continuation;

        var last = utterances.Count;
        while (last > 0 && utterances[last - 1].Speaker == Speaker.Assistant) last--;
        return Plain(utterances, last);
    }

    /// <summary>What is still to be said; null when <paramref name="said"/> is no beginning of <paramref name="whole"/>.</summary>
    public static string? Remainder(string whole, string said)
    {
        if (whole.StartsWith(said, StringComparison.Ordinal)) return whole[said.Length..];
        var trimmed = said.TrimEnd(); // a gateway has to trim a prefill: Anthropic refuses a blank at its end
        return trimmed.Length > 0 && whole.StartsWith(trimmed, StringComparison.Ordinal) ? whole[trimmed.Length..] : null;
    }

    private static Question Plain(IReadOnlyList<Utterance> utterances, int end)
    {
        var results = new List<string>();
        var at = end - 1;
        for (; at >= 0 && utterances[at].Speaker != Speaker.User; at--)
        {
            if (utterances[at].Speaker == Speaker.ToolResult) results.Insert(0, utterances[at].Text);
        }

        var textEnd = at + 1;
        while (at >= 0 && utterances[at].Speaker == Speaker.User) at--;
        var text = AnswerText.Lines(Join(utterances, at + 1, textEnd, "\n"));
        return new Question { Prompt = AnswerText.Prompt(text, results), LastUserText = text, HasToolResults = results.Count > 0 };
    }

    private static bool AsksToGoOn(IReadOnlyList<Utterance> utterances, int start, int end) =>
        Says(utterances, start, end, "continue") || Says(utterances, start, end, "interrupted");

    private static bool Says(IReadOnlyList<Utterance> utterances, int start, int end, string word) =>
        Enumerable.Range(start, end - start).Any(i => utterances[i].Text.Contains(word, StringComparison.OrdinalIgnoreCase));

    private static string Join(IReadOnlyList<Utterance> utterances, int start, int end, string separator) =>
        string.Join(separator, Enumerable.Range(start, end - start).Select(i => utterances[i].Text));
}
