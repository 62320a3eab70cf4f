using System.Globalization;
using Understudy.Wires;

namespace Understudy.HumanReview;

/// <summary>What a person is shown of a call: the question, and what was said before. Text only, and bounded.</summary>
public sealed record QuestionSensitive
{
    private const int MostQuestion = 32_000;
    private const int MostSystem = 8_000;
    private const int MostEarlier = 64_000;

    /// <summary>What the caller said last: all turns after the last of the model's.</summary>
    public required string Question { get; init; }

    /// <summary>The application's instruction to the model; empty where there is none.</summary>
    public string System { get; init; } = "";

    /// <summary>What was said before the question, the oldest first; the newest where not all of it could be kept.</summary>
    public IReadOnlyList<EarlierTurnSensitive> Earlier { get; init; } = [];

    /// <summary>Whether something was left out for its size.</summary>
    public bool IsCut { get; init; }

    /// <summary>Bytes in memory, about.</summary>
    public long Size => 2L * (Question.Length + System.Length + Earlier.Sum(turn => turn.Text.Length));

    /// <summary>What <paramref name="conversation"/> asks.</summary>
    public static QuestionSensitive Of(Conversation conversation)
    {
        var turns = conversation.Turns;
        var last = turns.Count;
        while (last > 0 && turns[last - 1].Role != TurnRole.Assistant) last--;
        var question = string.Join("\n\n", turns.Skip(last).Select(Text).Where(text => text.Length > 0));
        var system = string.Join("\n\n", conversation.System.Select(part => part.Text));
        var earlier = Newest(turns.Take(last), out var cut);
        return new()
        {
            Question = Shortened(question, MostQuestion, ref cut),
            System = Shortened(system, MostSystem, ref cut),
            Earlier = earlier,
            IsCut = cut,
        };
    }

    /// <summary>The question's beginning, for a list.</summary>
    /// <param name="length">Characters at most.</param>
    public string BeginningSensitive(int length)
    {
        var line = Question.ReplaceLineEndings(" ");
        return line.Length <= length ? line : Whole(line[..length]) + "…";
    }

    /// <summary>A few words without content.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"a question of {Question.Length} characters after {Earlier.Count} turns");

    private static List<EarlierTurnSensitive> Newest(IEnumerable<Turn> turns, out bool cut)
    {
        cut = false;
        var kept = new List<EarlierTurnSensitive>();
        var left = MostEarlier;
        foreach (var turn in turns.Reverse())
        {
            var text = Text(turn);
            if (text.Length == 0) continue;
            if (left <= 0)
            {
                cut = true;
                break;
            }

            kept.Add(new(turn.Role, Shortened(text, left, ref cut)));
            left -= text.Length;
        }

        kept.Reverse();
        return kept;
    }

    private static string Text(Turn turn) => string.Join('\n', turn.Parts.Select(Text).Where(text => text.Length > 0)).Trim();

    /// <summary>What can't be shown as text is named, so that nobody answers half a question without knowing.</summary>
    private static string Text(Part part) => part switch
    {
        TextPart text => text.Text,
        RefusalPart refusal => refusal.Text,
        ImagePart => "[an image, not shown here]",
        DocumentPart { Text: { } text } => text,
        DocumentPart document => document.Title is { } title ? $"[a document, not shown here: {title}]" : "[a document, not shown here]",
        AudioPart => "[sound, not to be heard here]",
        ToolCallPart call => $"[asks for the tool {call.Name}: {call.Arguments}]",
        ToolResultPart result => $"[the tool gave back{(result.IsError ? " an error" : "")}: {string.Join('\n', result.Content.Select(Text))}]",
        OpaquePart opaque => $"[{opaque.Kind}, not shown here]",
        _ => "", // reasoning: nobody's words to the reader
    };

    private static string Shortened(string text, int most, ref bool cut)
    {
        if (text.Length <= most) return text;
        cut = true;
        // Questions are asked at the beginning or at the end of a long text.
        var half = most / 2;
        var end = text[^half..];
        if (char.IsLowSurrogate(end[0])) end = end[1..];
        return string.Create(CultureInfo.InvariantCulture, $"{Whole(text[..half])}\n[… {text.Length - most} characters are left out here …]\n{end}");
    }

    private static string Whole(string text) => text.Length > 0 && char.IsHighSurrogate(text[^1]) ? text[..^1] : text;
}
