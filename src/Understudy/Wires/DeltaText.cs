namespace Understudy.Wires;

/// <summary>
/// Joins the deltas of one channel where a server cut inside a surrogate pair: the first half waits for the second.
/// Written out alone, a half would become U+FFFD.
/// </summary>
internal struct DeltaText
{
    private char _half;

    /// <summary>The text of the next delta, given the bytes of its string token; may be empty.</summary>
    public string Next(ReadOnlySpan<byte> raw)
    {
        var text = JsonText.Unescape(raw);
        if (_half != 0 && text.Length > 0)
        {
            text = _half + text;
            _half = '\0';
        }

        if (text.Length == 0 || !char.IsHighSurrogate(text[^1])) return text;
        _half = text[^1];
        return text[..^1];
    }
}
