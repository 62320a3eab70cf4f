using System.Text;

namespace Understudy.Simulator;

/// <summary>
/// What a simulated model says: a pure function of the prompt and the seed, whatever the vendor, the model and the wire,
/// so that a test can tell what a whole answer would have been, and another provider can go on with a cut one.
/// </summary>
public static class AnswerText
{
    private static readonly string[] Words =
    [
        "the", "a", "one", "this", "every", "model", "answer", "river", "garden", "signal", "winter", "morning", "letter",
        "window", "harbour", "engine", "café", "naïve", "märchen", "señal", "bridge", "pattern", "number", "careful",
        "quiet", "bright", "steady", "simple", "open", "closed", "follows", "carries", "holds", "turns", "finds", "keeps",
        "opens", "reaches", "under", "over", "between", "through", "because", "while", "although", "and", "or", "but",
        "often", "seldom", "slowly", "early", "later", "again", "always", "nearly", "fifteen", "seven", "twelve", "forty",
        "people", "system", "stage", "theatre", "curtain", "actor", "prompt", "audience", "scene", "voice", "silence",
        "light", "shadow", "rope", "wheel", "stone", "paper", "ink", "map", "road", "field", "storm", "cloud", "rain",
        "reason", "question", "measure", "balance", "order", "change", "result", "example", "detail", "whole", "part",
        "first", "last", "next", "small", "large", "certain", "useful", "common", "日本", "über", "façade", "10", "3.5",
    ];

    /// <summary>The whole answer: 40 to 120 words in sentences, no line breaks, some of it beyond ASCII.</summary>
    /// <param name="prompt">The canonical prompt: see <see cref="Prompt"/>.</param>
    /// <param name="seed">The provider's <see cref="SimulatorOptions.Seed"/>.</param>
    public static string For(string prompt, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        var chance = new SimulatorChance(SimulatorChance.SeedOf(prompt, seed));
        var count = 40 + chance.Next(81);
        var text = new StringBuilder(count * 7);
        var leftInSentence = 0;
        for (var i = 0; i < count; i++)
        {
            var word = Words[chance.Next(Words.Length)];
            if (leftInSentence == 0)
            {
                leftInSentence = 5 + chance.Next(10);
                if (i > 0) text.Append(' ');
                text.Append(char.ToUpperInvariant(word[0])).Append(word, 1, word.Length - 1);
            }
            else
            {
                text.Append(' ').Append(word);
            }

            if (--leftInSentence == 0 || i == count - 1) text.Append(i % 7 == 6 ? '!' : '.');
            else if (chance.Next(9) == 0) text.Append(',');
        }

        return text.ToString();
    }

    /// <summary>
    /// The canonical prompt of a conversation, the same in every protocol: the last thing the user said (neighbouring user
    /// texts joined by a line break, blank lines and the blanks around lines left out: whoever translates blocks into one
    /// text joins them as it likes), then each tool's result that came after it on a line of its own. System
    /// texts, and turns which only ask to go on with an interrupted answer, do not count.
    /// </summary>
    /// <param name="userText">What the user said last.</param>
    /// <param name="toolResults">The texts of the tool results that came after it, in order.</param>
    public static string Prompt(string userText, params IEnumerable<string> toolResults)
    {
        ArgumentNullException.ThrowIfNull(userText);
        ArgumentNullException.ThrowIfNull(toolResults);
        return string.Join('\n', [Lines(userText), .. toolResults.Select(Lines)]);
    }

    internal static string Lines(string text) =>
        string.Join('\n', text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>The pieces a text is streamed in, one or two words each; joined, they are the text again.</summary>
    /// <param name="text">The text; a space stands at the front of a piece, as with real tokens.</param>
    public static IReadOnlyList<string> Pieces(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var pieces = new List<string>(text.Length / 8 + 1);
        var start = 0;
        var wordsToTake = 1;
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] != ' ' || --wordsToTake > 0) continue;
            pieces.Add(text[start..i]);
            start = i;
            wordsToTake = i % 3 == 0 ? 2 : 1;
        }

        if (start < text.Length) pieces.Add(text[start..]);
        return pieces;
    }
}
