using System.Globalization;

namespace Understudy.Demo.Traffic;

/// <summary>What the clients ask. No two questions are the same, so no two answers are.</summary>
internal sealed class Prompts
{
    /// <summary>The model that every client asks for.</summary>
    public const string Model = "claude-sonnet-4-5";

    private static readonly string[] Questions =
    [
        "Where is my order {0}?",
        "Summarise ticket {0} in three sentences.",
        "Draft a friendly reply to customer {0}.",
        "Explain invoice {0} to someone who is not an accountant.",
        "What changed in contract {0} since last year?",
        "Translate paragraph {0} into plain language.",
        "Which of the reviews of product {0} need an answer?",
        "Turn meeting note {0} into a list of tasks.",
    ];

    private int _last;

    /// <summary>The next question.</summary>
    public string Next()
    {
        var number = Interlocked.Increment(ref _last);
        return string.Format(CultureInfo.InvariantCulture, Questions[number % Questions.Length], 1000 + number);
    }
}
