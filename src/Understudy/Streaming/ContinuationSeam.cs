using System.Text;
using Understudy.Wires;

namespace Understudy.Streaming;

/// <summary>
/// The joint of free text: removes words that are said again, and notices when what comes is not a continuation. It
/// looks at the first words only, then it is out of the way.
/// </summary>
/// <param name="sent">The text that the client already has.</param>
/// <param name="next">Hears the continuation.</param>
internal sealed class ContinuationSeam(string sent, IAnswerEvents next) : AnswerSeam(sent, next)
{
    private const int LookAt = 160;
    private const int ShortestOverlap = 8;
    private const int LongestOverlap = 600;
    private const int LeastRestart = 12;

    // A model that was cut off mid-sentence and begins with one of these is talking about the cut, not going on.
    private static readonly string[] Talk =
    [
        "i apologize", "i apologise", "apologies", "my apologies", "sorry", "i'm sorry", "i am sorry", "certainly", "sure,", "sure!",
        "of course", "continuing from", "continuing where", "here is the continuation", "here's the continuation", "as an ai",
        "to continue", "let me continue", "i'll continue", "i will continue", "picking up",
    ];

    private readonly StringBuilder _first = new();
    private bool _open = sent.Length > 0;
    private bool _said = sent.Length == 0;

    /// <summary>Half a sentence is not all of it.</summary>
    public override bool MayBeWhole => !OwesToolCall && SentText.AsSpan().TrimEnd() is [.., var last] && ".!?…:;)]}\"'`»”。！？".Contains(last, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override void Text(string delta)
    {
        if (Broken) return;
        if (!_open)
        {
            Next.Text(delta);
            return;
        }

        _first.Append(delta);
        if (_first.Length >= LookAt && !StillRepeats()) Judge();
    }

    /// <inheritdoc/>
    public override void BlockEnd()
    {
        if (!_open && !Broken) Next.BlockEnd();
    }

    /// <inheritdoc/>
    public override void Finish(FinishReason reason, string? stopSequence, Usage usage)
    {
        Judge();
        // Half a sentence is not made whole by a model that adds nothing. The end must not be written then: it could not be
        // taken back for the next target.
        if (!_said && !MayBeWhole) Broken = true;
        if (!Broken) Next.Finish(reason, stopSequence, usage);
    }

    /// <inheritdoc/>
    protected override void BeforeToolCall()
    {
        Judge();
        _said = true;
    }

    /// <summary>How many characters of <paramref name="text"/> only repeat the end of <paramref name="sent"/>.</summary>
    internal static int Overlap(string sent, string text)
    {
        for (var length = Math.Min(Math.Min(sent.Length, text.Length), LongestOverlap); length >= ShortestOverlap; length--)
        {
            if (sent.AsSpan(sent.Length - length).SequenceEqual(text.AsSpan(0, length))) return length;
        }

        return 0;
    }

    private void Judge()
    {
        if (!_open) return;
        _open = false;
        var text = _first.ToString();
        _first.Clear();
        if (text.Length == 0) return;
        _said = true;
        var overlap = Overlap(SentText, text);
        if (overlap == 0 && SaysAllAgain(text)) overlap = SentText.Length;
        if (overlap == 0 && (BeginsAnew(text) || TalksOfTheCut(text) || ChangesScript(SentText, text)))
        {
            Broken = true;
            return;
        }

        var rest = text[overlap..];
        if (rest.Length > 0 && char.IsWhiteSpace(SentText[^1]) && overlap == 0) rest = rest.TrimStart(' ');
        if (rest.Length > 0) Next.Text(rest);
    }

    /// <summary>Whether everything so far stands in what the client has, but not yet at its end: then more of it will come.</summary>
    private bool StillRepeats()
    {
        if (_first.Length >= LongestOverlap) return false;
        var text = _first.ToString();
        var tail = SentText.AsSpan(Math.Max(0, SentText.Length - LongestOverlap));
        return tail.IndexOf(text, StringComparison.Ordinal) >= 0 && Overlap(SentText, text) == 0;
    }

    /// <summary>
    /// Whether the first few words, all that was sent, are said once more: too short for <see cref="Overlap"/> and for
    /// <see cref="BeginsAnew"/>, but the whole of what there is to repeat, up to the end of a word.
    /// </summary>
    private bool SaysAllAgain(string text) =>
        SentText.Length is >= 2 and < LeastRestart && text.StartsWith(SentText, StringComparison.Ordinal)
        && (text.Length == SentText.Length || !char.IsLetterOrDigit(SentText[^1]) || !char.IsLetterOrDigit(text[SentText.Length]));

    private bool BeginsAnew(string text)
    {
        var length = Math.Min(Math.Min(SentText.Length, text.Length), 40);
        return length >= LeastRestart && SentText.AsSpan(0, length).Equals(text.AsSpan(0, length), StringComparison.Ordinal);
    }

    /// <summary>Whether it begins with words about the cut.</summary>
    internal static bool TalksOfTheCut(string text)
    {
        var start = text.AsSpan().TrimStart();
        foreach (var talk in Talk)
        {
            if (start.StartsWith(talk, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    /// <summary>Whether the writing changes from one script to another: the surest sign of another language that needs no dictionary.</summary>
    internal static bool ChangesScript(string sent, string text)
    {
        var old = Script(sent.AsSpan(Math.Max(0, sent.Length - 400)));
        var now = Script(text);
        return old != 0 && now != 0 && old != now;
    }

    /// <summary>The script that four fifths of the letters are in, as a small number; 0 where there is none or too little to say.</summary>
    private static int Script(ReadOnlySpan<char> text)
    {
        Span<int> counts = stackalloc int[6];
        var letters = 0;
        foreach (var c in text)
        {
            if (!char.IsLetter(c)) continue;
            letters++;
            counts[c switch
            {
                < '\u0250' => 1,
                < '\u0400' => 0,
                < '\u0530' => 2,
                < '\u0700' => 3,
                >= '\u3040' and < '\ud7b0' => 4,
                _ => 5,
            }]++;
        }

        if (letters < 20) return 0;
        for (var script = 1; script < counts.Length; script++)
        {
            if (counts[script] * 5 >= letters * 4) return script;
        }

        return 0;
    }
}
