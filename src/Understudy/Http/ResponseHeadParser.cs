using System.Buffers;
using System.Text;

namespace Understudy.Http;

/// <summary>
/// Reads one response head as its bytes arrive (RFC 9112 §2 to §6) and keeps what framing and reuse depend on.
/// </summary>
/// <remarks>
/// Strict where two readers could disagree about where a response ends: a bare LF, a folded line, a blank before the
/// colon, differing lengths, and a length beside a transfer coding are refused. RFC 9112 §2.2 lets a recipient accept a
/// bare LF; no provider sends one, and leniency here is what response smuggling is made of.
/// </remarks>
internal struct ResponseHeadParser
{
    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private int _line;
    private int _scanned;

    public ResponseHeadParser()
    {
    }

    public int StatusCode { get; private set; }

    /// <summary>Where the field lines begin.</summary>
    public int FieldsStart { get; private set; }

    /// <summary>-1 where there is none.</summary>
    public long ContentLength { get; private set; } = -1;

    public bool IsChunked { get; private set; }

    /// <summary>The seconds of <c>Keep-Alive: timeout=</c>; -1 where there is none.</summary>
    public int KeepAliveSeconds { get; private set; } = -1;

    /// <summary>Whether the connection outlives the response, as far as the head says.</summary>
    public readonly bool KeepsAlive => !SaysClose && (!IsOldVersion || SaysKeepAlive);

    private bool IsOldVersion { get; set; }

    private bool SaysClose { get; set; }

    private bool SaysKeepAlive { get; set; }

    /// <summary>Goes on reading.</summary>
    /// <param name="bytes">All bytes since the head's first; the ones of earlier calls unchanged.</param>
    /// <param name="length">The head's length with its blank line, once it is whole.</param>
    /// <returns>Null, or why this is no acceptable head. Whole if <paramref name="length"/> is not 0.</returns>
    public string? Read(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        // Said at once: a peer that speaks something else may never send a line end.
        if (FieldsStart == 0 && !bytes.StartsWith("HTTP/1."u8[..Math.Min(7, bytes.Length)])) return "the answer is not HTTP/1.x";
        while (true)
        {
            var found = bytes[_scanned..].IndexOf((byte)'\n');
            if (found < 0)
            {
                _scanned = bytes.Length;
                return null;
            }

            var lineFeed = _scanned + found;
            if (lineFeed == _line || bytes[lineFeed - 1] != '\r') return "a head line ends in a bare LF";
            var line = bytes[_line..(lineFeed - 1)];
            _line = _scanned = lineFeed + 1;
            if (line.IsEmpty && FieldsStart != 0)
            {
                length = _line;
                return IsChunked && ContentLength >= 0 ? "both Content-Length and Transfer-Encoding"
                    : IsChunked && IsOldVersion ? "Transfer-Encoding in HTTP/1.0"
                    : null;
            }

            if (line.ContainsAny((byte)'\r', (byte)0)) return "CR or NUL inside a head line";
            var bad = FieldsStart == 0 ? ReadStatusLine(line) : ReadField(line);
            if (bad is not null) return bad;
        }
    }

    private string? ReadStatusLine(ReadOnlySpan<byte> line)
    {
        // HTTP/1.1 200 OK; the blank after the code is required by RFC 9112 §4 and yet often left out with the phrase.
        if (line.Length < 12 || !char.IsAsciiDigit((char)line[7]) || line[8] != ' ') return "invalid status line";
        if (line.Length > 12 && line[12] != ' ') return "invalid status line";
        var code = 0;
        foreach (var digit in line[9..12])
        {
            if (!char.IsAsciiDigit((char)digit)) return "invalid status code";
            code = (code * 10) + (digit - '0');
        }

        if (code < 100) return "invalid status code";
        StatusCode = code;
        IsOldVersion = line[7] == '0';
        FieldsStart = _line;
        return null;
    }

    private string? ReadField(ReadOnlySpan<byte> line)
    {
        if (line[0] is (byte)' ' or (byte)'\t') return "a folded header line";
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[..colon].ContainsAnyExcept(TokenBytes)) return "invalid header name";
        var name = line[..colon];
        // By length first: most fields are none of ours.
        switch (colon)
        {
            case 14 when Ascii.EqualsIgnoreCase(name, "content-length"u8):
                return ReadContentLength(Value(line, colon));
            case 17 when Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8):
                // "gzip, chunked" and a second line are legal and never asked for: what we cannot undo we do not take.
                if (IsChunked || !Ascii.EqualsIgnoreCase(Value(line, colon), "chunked"u8)) return "a transfer coding other than chunked";
                IsChunked = true;
                return null;
            case 10 when Ascii.EqualsIgnoreCase(name, "connection"u8):
                ReadConnection(Value(line, colon));
                return null;
            case 10 when Ascii.EqualsIgnoreCase(name, "keep-alive"u8):
                ReadKeepAlive(Value(line, colon));
                return null;
            default:
                return null;
        }
    }

    private string? ReadContentLength(ReadOnlySpan<byte> value)
    {
        // A list of equal lengths is what a joining proxy makes of a repeated field (RFC 9110 §8.6).
        foreach (var range in value.Split((byte)','))
        {
            var digits = value[range].Trim(" \t"u8);
            if (digits.IsEmpty) return "invalid Content-Length";
            long length = 0;
            foreach (var digit in digits)
            {
                if (!char.IsAsciiDigit((char)digit) || length > (long.MaxValue - 9) / 10) return "invalid Content-Length";
                length = (length * 10) + (digit - '0');
            }

            if (ContentLength >= 0 && ContentLength != length) return "differing Content-Lengths";
            ContentLength = length;
        }

        return null;
    }

    private void ReadConnection(ReadOnlySpan<byte> value)
    {
        foreach (var range in value.Split((byte)','))
        {
            var option = value[range].Trim(" \t"u8);
            if (Ascii.EqualsIgnoreCase(option, "close"u8)) SaysClose = true;
            else if (Ascii.EqualsIgnoreCase(option, "keep-alive"u8)) SaysKeepAlive = true;
        }
    }

    private void ReadKeepAlive(ReadOnlySpan<byte> value)
    {
        foreach (var range in value.Split((byte)','))
        {
            var parameter = value[range].Trim(" \t"u8);
            if (parameter.Length > 8 && Ascii.EqualsIgnoreCase(parameter[..8], "timeout="u8) && int.TryParse(parameter[8..], out var seconds) && seconds >= 0)
            {
                KeepAliveSeconds = seconds;
            }
        }
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> line, int colon) => line[(colon + 1)..].Trim(" \t"u8);
}
