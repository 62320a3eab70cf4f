using System.Buffers;

namespace Understudy.Wires;

/// <summary>
/// Notices a model that says the same thing over and over: the one failure that looks like success to everything else,
/// and is paid for to the limit. It looks at the text in windows of a kilobyte: a window is a repetition where every byte
/// is the one that stood a unit before it.
/// </summary>
/// <remarks>
/// The bar is high, because much that repeats is meant: rulers of dashes, laughter, lists of zeros, an image's empty
/// half in base 64. Only a run without a single other byte counts, of <see cref="EnoughOfWords"/>, or of
/// <see cref="EnoughOfSigns"/> where the unit is no longer than a sign or two.
/// </remarks>
internal struct RepetitionWatch
{
    /// <summary>Texts shorter than this are not looked at.</summary>
    public const int From = 4 * 1024;

    private const int Window = 1024;
    private const int LongestUnit = 256;
    private const int Needle = 32;

    /// <summary>Some four thousand tokens of the same words.</summary>
    private const int EnoughOfWords = 16 * 1024;
    private const int EnoughOfSigns = 64 * 1024;
    private const int LongestSign = 4;

    // The last LongestUnit bytes of the window before, then the window.
    private byte[]? _bytes;
    private int _filled;
    private int _run;

    /// <summary>Takes more of the text.</summary>
    /// <returns>Whether it has said the same thing for too long.</returns>
    public bool Add(ReadOnlySpan<byte> text)
    {
        var bytes = (_bytes ??= Rent()).AsSpan(0, LongestUnit + Window);
        while (!text.IsEmpty)
        {
            var taken = Math.Min(text.Length, Window - _filled);
            text[..taken].CopyTo(bytes[(LongestUnit + _filled)..]);
            _filled += taken;
            text = text[taken..];
            if (_filled < Window) return false;
            var unit = UnitOf(bytes);
            _run = unit == 0 ? 0 : _run + Window;
            if (unit != 0 && _run >= (unit <= LongestSign ? EnoughOfSigns : EnoughOfWords)) return true;
            bytes[Window..].CopyTo(bytes);
            _filled = 0;
        }

        return false;
    }

    /// <summary>Gives back what it holds.</summary>
    public void Release()
    {
        if (_bytes is not null) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = null;
    }

    private static byte[] Rent()
    {
        var bytes = ArrayPool<byte>.Shared.Rent(LongestUnit + Window);
        bytes.AsSpan(0, LongestUnit).Clear();
        return bytes;
    }

    /// <summary>
    /// Whether a whole answer that the token limit ended is a repetition. The limit is what ends such a text, so much less
    /// of it is enough.
    /// </summary>
    /// <param name="body">The answer's body; its text stands in it in one piece.</param>
    public static bool FillsTheLimit(ReadOnlySpan<byte> body)
    {
        const int Enough = 2 * Window;
        const int LeastTimes = 24;
        var run = 0;
        for (var at = 0; at + LongestUnit + Window <= body.Length; at += Window)
        {
            var unit = UnitOf(body.Slice(at, LongestUnit + Window));
            run = unit == 0 ? 0 : run + Window;
            if (run >= Enough && run / unit >= LeastTimes) return true;
        }

        return false;
    }

    /// <summary>The length of what the window repeats; 0 where it repeats nothing.</summary>
    private static int UnitOf(ReadOnlySpan<byte> bytes)
    {
        var end = bytes[^Needle..];
        var before = bytes[(bytes.Length - Needle - LongestUnit)..^1].LastIndexOf(end);
        if (before < 0) return 0;
        var unit = LongestUnit - before;
        return bytes[LongestUnit..].SequenceEqual(bytes[(LongestUnit - unit)..^unit]) ? unit : 0;
    }
}
