using System.Text;
using Understudy.Wires;

namespace Understudy.Streaming;

/// <summary>
/// The joint of a JSON document that the client asked for. Free text forgives a clumsy joint, a parser does not: only
/// what keeps the whole a document goes through, what follows the document's end is dropped, and the answer is not said
/// to have ended before the document has.
/// </summary>
/// <remarks>
/// Models that are asked to go on with half a document do one of five things: they go on; they say its last characters
/// again; they write all of it again; they do any of these inside a code fence; or they begin another document. The first
/// four are told apart by which of them fits, and the last by fitting nowhere.
/// </remarks>
/// <param name="sent">What the client has of the document; may be empty.</param>
/// <param name="document">How far the document has come with it.</param>
/// <param name="next">Hears the continuation.</param>
internal sealed class JsonSeam(string sent, JsonProgress document, IAnswerEvents next) : AnswerSeam(sent, next)
{
    private const int LookAt = 160;
    private const int LongestOverlap = 600;
    private const int TellingOverlap = 8;
    private const int LeastRestart = 12;
    private const string Fence = "```";

    private readonly StringBuilder _first = new();
    private bool _open = true;

    /// <inheritdoc/>
    public override bool MayBeWhole => !OwesToolCall && document.MayEnd;

    /// <inheritdoc/>
    public override void Text(string delta)
    {
        if (Broken) return;
        if (!_open)
        {
            Feed(delta);
            return;
        }

        _first.Append(delta);
        if (_first.Length >= LookAt && !StillRepeats(_first.ToString())) Judge();
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
        // Half a document is an answer only where the client's own limit made it one, and said so.
        if (!document.MayEnd && reason != FinishReason.Length) Broken = true;
        if (!Broken) Next.Finish(reason, stopSequence, usage);
    }

    /// <inheritdoc/>
    protected override void BeforeToolCall()
    {
        Judge();
        if (document.IsBegun && !document.MayEnd) Broken = true;
    }

    private void Judge()
    {
        if (!_open) return;
        _open = false;
        var text = _first.ToString();
        _first.Clear();
        if (string.IsNullOrWhiteSpace(text) || document.IsWhole) return;
        if (Continuing(text) is { } rest) Feed(rest);
        else Broken = true;
    }

    /// <summary>What of the first words goes on with the document; null where nothing does.</summary>
    private string? Continuing(string text)
    {
        // A fence has a line break, which can stand in no JSON string as it is: it is never part of the document.
        if (AfterFence(text) is { } fenced && Placed(fenced) is { } inside) return inside;
        return Placed(text);
    }

    private string? Placed(string text)
    {
        if (SentText.Length == 0) return Fits(text) ? text : null;
        if (IsSaidAgain(text, out var said)) return Fits(text[said..]) ? text[said..] : null;
        if (said >= LeastRestart) return null; // another document that begins like this one
        var overlap = LongestRepeat(text, LongestOverlap);
        if (overlap >= TellingOverlap && IsTelling(text[..overlap]) && Fits(text[overlap..])) return text[overlap..];
        if (document.IsInText && (ContinuationSeam.TalksOfTheCut(text) || ContinuationSeam.ChangesScript(SentText, text))) return null;
        // The request's last blank was trimmed, for a prefill must not end in one: a model may say it once more.
        var plain = document.IsInText && char.IsWhiteSpace(SentText[^1]) ? text.TrimStart(' ') : text;
        if (Fits(plain)) return plain;
        for (; overlap > 0; overlap = LongestRepeat(text, overlap - 1))
        {
            if (Fits(text[overlap..])) return text[overlap..];
        }

        return null;
    }

    private bool Fits(string text)
    {
        var trial = document.Clone();
        return trial.Take(text) == text.Length || trial.IsWhole;
    }

    /// <summary>Passes on what belongs to the document.</summary>
    private void Feed(string text)
    {
        var taken = document.Take(text);
        if (taken > 0) Next.Text(text[..taken]);
        // Behind the end stand the fence's other half or a few kind words: the client's parser wants neither.
        if (taken < text.Length && !document.IsWhole) Broken = true;
    }

    private static string? AfterFence(string text)
    {
        var fence = text.IndexOf(Fence, StringComparison.Ordinal);
        if (fence < 0) return null;
        var line = text.AsSpan(fence + Fence.Length);
        var end = line.IndexOf('\n');
        if (end < 0) return null;
        var language = line[..end].Trim();
        return language.IsEmpty || language.Equals("json", StringComparison.OrdinalIgnoreCase) ? line[(end + 1)..].ToString() : null;
    }

    /// <summary>
    /// Whether <paramref name="text"/> says all of what was sent once more, however it is indented.
    /// </summary>
    /// <param name="text">What came.</param>
    /// <param name="length">How far the two are the same, in characters of <paramref name="text"/>.</param>
    private bool IsSaidAgain(string text, out int length)
    {
        int at = 0, other = 0;
        bool inText = false, escaped = false;
        while (true)
        {
            if (!inText)
            {
                while (at < SentText.Length && char.IsWhiteSpace(SentText[at])) at++;
                while (at < SentText.Length && other < text.Length && char.IsWhiteSpace(text[other])) other++;
            }

            length = other;
            if (at == SentText.Length) return true;
            if (other == text.Length || text[other] != SentText[at]) return false;
            var c = text[other++];
            at++;
            if (escaped) escaped = false;
            else if (inText && c == '\\') escaped = true;
            else if (c == '"') inText = !inText;
        }
    }

    /// <summary>Whether what came can be judged only with more of it: so far it only says again what was said.</summary>
    private bool StillRepeats(string text)
    {
        var inside = AfterFence(text) ?? text;
        if (!IsSaidAgain(inside, out var same) && same == inside.Length) return true;
        if (inside.Length >= LongestOverlap) return false;
        var tail = SentText.AsSpan(Math.Max(0, SentText.Length - LongestOverlap));
        return tail.IndexOf(inside, StringComparison.Ordinal) >= 0 && LongestRepeat(inside, LongestOverlap) == 0;
    }

    /// <summary>The most characters, up to <paramref name="limit"/>, that end what was sent and begin what came.</summary>
    private int LongestRepeat(string text, int limit)
    {
        for (var length = Math.Min(Math.Min(SentText.Length, text.Length), limit); length > 0; length--)
        {
            if (SentText.AsSpan(SentText.Length - length).SequenceEqual(text.AsSpan(0, length))) return length;
        }

        return 0;
    }

    /// <summary>
    /// Whether a repetition tells anything. In a list of zeros the next zeros are the same as the last ones: what stood
    /// in the document before its end too may well stand there again.
    /// </summary>
    private bool IsTelling(string repeated)
    {
        var first = SentText.IndexOf(repeated, StringComparison.Ordinal);
        return first == SentText.Length - repeated.Length;
    }
}
