namespace Understudy.Http;

/// <summary>
/// Takes the framing off a chunked body (RFC 9112 §7.1) without copying: says which bytes to skip and which to hand out.
/// </summary>
/// <remarks>
/// Chunk extensions are skipped, blanks after the size tolerated (old servers pad it), trailers read and dropped. A bare
/// LF is refused, as in the head.
/// </remarks>
internal struct ChunkedDecoder
{
    // A size line or all trailers together: who sends more is not telling us anything.
    private const int MaxSizeLine = 4 * 1024;
    private const int MaxTrailers = 64 * 1024;

    private Position _position;
    private long _left;
    private int _framing;

    private enum Position
    {
        SizeStart,
        Size,
        AfterSize,
        Extension,
        SizeLineFeed,
        Data,
        DataReturn,
        DataLineFeed,
        TrailerStart,
        Trailer,
        TrailerLineFeed,
        LastLineFeed,
        End,
    }

    public readonly bool IsEnd => _position == Position.End;

    /// <summary>Goes through framing up to the next data, the end, or the last byte at hand.</summary>
    /// <param name="bytes">The bytes that follow those already skipped and taken.</param>
    /// <param name="skip">How many of them are framing.</param>
    /// <param name="take">How many after those are data; they count as taken.</param>
    /// <returns>Null, or why this is no chunked body.</returns>
    public string? Next(ReadOnlySpan<byte> bytes, out int skip, out int take)
    {
        take = 0;
        for (skip = 0; skip < bytes.Length && _position != Position.End; skip++)
        {
            if (_position == Position.Data)
            {
                take = (int)Math.Min(_left, bytes.Length - skip);
                _left -= take;
                if (_left == 0) _position = Position.DataReturn;
                return null;
            }

            if (Step(bytes[skip]) is { } bad) return bad;
        }

        return null;
    }

    private string? Step(byte next)
    {
        switch (_position)
        {
            case Position.SizeStart:
                _left = 0;
                _framing = 0;
                _position = Position.Size;
                return char.IsAsciiHexDigit((char)next) ? AddDigit(next) : "a chunk without a size";

            case Position.Size when char.IsAsciiHexDigit((char)next):
                return AddDigit(next);

            case Position.Size or Position.AfterSize:
                if (next is (byte)' ' or (byte)'\t') _position = Position.AfterSize;
                else if (next == ';') _position = Position.Extension;
                else if (next == '\r') _position = Position.SizeLineFeed;
                else return "an invalid chunk size";
                return ++_framing > MaxSizeLine ? "a chunk size line too long" : null;

            case Position.Extension:
                if (next == '\n') return "a chunk line ends in a bare LF";
                if (next == '\r') _position = Position.SizeLineFeed;
                return ++_framing > MaxSizeLine ? "a chunk size line too long" : null;

            case Position.SizeLineFeed:
                _framing = 0;
                _position = _left == 0 ? Position.TrailerStart : Position.Data;
                return next == '\n' ? null : "CR without LF in a chunk line";

            case Position.DataReturn:
                _position = Position.DataLineFeed;
                return next == '\r' ? null : "a chunk longer than its size";

            case Position.DataLineFeed:
                _position = Position.SizeStart;
                return next == '\n' ? null : "a chunk longer than its size";

            case Position.TrailerStart when next == '\r':
                _position = Position.LastLineFeed;
                return null;

            case Position.TrailerStart or Position.Trailer:
                if (next == '\n') return "a trailer line ends in a bare LF";
                _position = next == '\r' ? Position.TrailerLineFeed : Position.Trailer;
                return ++_framing > MaxTrailers ? "trailers too long" : null;

            case Position.TrailerLineFeed:
                _position = Position.TrailerStart;
                return next == '\n' ? null : "CR without LF in a trailer";

            case Position.LastLineFeed:
                _position = Position.End;
                return next == '\n' ? null : "CR without LF after the last chunk";

            default:
                throw new InvalidOperationException($"No framing byte is read in {_position}.");
        }
    }

    private string? AddDigit(byte digit)
    {
        if (_left > long.MaxValue >> 4) return "a chunk size too large";
        _left = (_left << 4) | (long)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        return ++_framing > MaxSizeLine ? "a chunk size line too long" : null;
    }
}
