using Understudy.Wires;

namespace Understudy.Caching;

/// <summary>A whole answer that was given once, in no protocol's words: its text, why it ended, what it took.</summary>
public sealed record CacheEntry
{
    /// <summary>What a little object costs beside its text.</summary>
    private const int Overhead = 256;

    /// <summary>The call that it answers.</summary>
    public required CacheKey Key { get; init; }

    /// <summary>Whose call it was, also where others may share it; empty for a caller without a key.</summary>
    public required string Client { get; init; }

    /// <summary>When it was given.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who gave it: <c>provider/model</c>.</summary>
    public required string ServedBy { get; init; }

    /// <summary>What it says.</summary>
    public required string TextSensitive { get; init; }

    /// <summary>Why it ended.</summary>
    public required FinishReason Finish { get; init; }

    /// <summary>The stop sequence that was hit; null where none was told.</summary>
    public string? StopSequence { get; init; }

    /// <summary>What it took when it was made.</summary>
    public Usage Usage { get; init; }

    /// <summary>Bytes in memory, about.</summary>
    public long Size => Overhead + (2L * (TextSensitive.Length + ServedBy.Length + Client.Length));

    /// <summary>The entry of an answer; null where it is not one to keep: not whole, or more than text.</summary>
    /// <remarks>
    /// Calls of tools are not kept: to call a tool again because somebody asked the same is not the same answer. Reasoning
    /// is left out: it is bound to its maker and to the moment.
    /// </remarks>
    public static CacheEntry? Of(CacheKey key, Answer answer, string client, string servedBy, DateTimeOffset at)
    {
        if (answer.Finish is not (FinishReason.Stop or FinishReason.StopSequence)) return null;
        if (answer.Parts.Any(part => part is not (TextPart or ThinkingPart or RedactedThinkingPart))) return null;
        var text = string.Concat(answer.Parts.OfType<TextPart>().Select(part => part.Text));
        return text.Length == 0 ? null : new()
        {
            Key = key,
            Client = client,
            At = at,
            ServedBy = servedBy,
            TextSensitive = text,
            Finish = answer.Finish,
            StopSequence = answer.StopSequence,
            Usage = answer.Usage,
        };
    }

    /// <summary>The answer again.</summary>
    /// <param name="note">What is added for the reader; null for nothing.</param>
    public Answer ToAnswer(string? note) => new()
    {
        Parts = [new TextPart(note is null ? TextSensitive : $"{TextSensitive}\n\n{note}")],
        Finish = Finish,
        StopSequence = StopSequence,
        Usage = Usage,
    };

    /// <summary>A few words without content.</summary>
    public override string ToString() => $"an answer of {ServedBy} for {Client}, {At:u}";
}
