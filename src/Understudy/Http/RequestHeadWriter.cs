using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Understudy.Http;

/// <summary>
/// Composes a request head: <see cref="Start"/>, any number of header fields, <see cref="End"/>. Nothing that could end
/// a line gets through, so a client's header cannot smuggle one in.
/// </summary>
/// <param name="output">Where the bytes go.</param>
public ref struct RequestHeadWriter(IBufferWriter<byte> output)
{
    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<char> TokenChars =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private Span<byte> _free = output.GetSpan(256);
    private int _used;

    /// <summary>Whether a value may stand in a header field: no CR, LF or NUL.</summary>
    public static bool IsValue(ReadOnlySpan<byte> value) => !value.ContainsAny((byte)'\r', (byte)'\n', (byte)0);

    /// <summary>Whether a value may stand in a header field: no CR, LF or NUL, and nothing outside Latin-1.</summary>
    public static bool IsValue(ReadOnlySpan<char> value) => !value.ContainsAny('\r', '\n', '\0') && !value.ContainsAnyExceptInRange('\0', '\u00FF');

    /// <summary>Writes the request line and the <c>Host</c> field.</summary>
    /// <param name="method">The method.</param>
    /// <param name="target">Path and query in ASCII, percent-encoded.</param>
    /// <param name="host">The value of <c>Host</c>: <see cref="HttpOrigin.Host"/>.</param>
    /// <exception cref="ArgumentException">A part could not stand in a request line.</exception>
    public void Start(scoped ReadOnlySpan<byte> method, scoped ReadOnlySpan<char> target, scoped ReadOnlySpan<byte> host)
    {
        if (method.IsEmpty || method.ContainsAnyExcept(TokenBytes)) throw new ArgumentException("Not a method.", nameof(method));
        if (target.IsEmpty || target.ContainsAnyExceptInRange('!', '~')) throw new ArgumentException("Not a request target.", nameof(target));
        Put(method);
        Put(" "u8);
        Put(target);
        Put(" HTTP/1.1\r\n"u8);
        Header("Host"u8, host);
    }

    /// <summary>Writes a header field.</summary>
    /// <param name="name">The name: a token.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The name is no token, or the value has CR, LF or NUL in it. Its text is not in the message.</exception>
    public void Header(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        Name(name);
        Value(value);
    }

    /// <inheritdoc cref="Header(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public void Header(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<char> value)
    {
        Name(name);
        Value(value);
    }

    /// <inheritdoc cref="Header(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public void Header(scoped ReadOnlySpan<char> name, scoped ReadOnlySpan<char> value)
    {
        if (name.IsEmpty || name.ContainsAnyExcept(TokenChars)) throw BadName();
        Put(name);
        Value(value);
    }

    /// <summary>Writes <c>Content-Length</c> and the blank line, and hands everything to the output.</summary>
    /// <param name="contentLength">The body's length in bytes; null for a request without a body.</param>
    public void End(long? contentLength)
    {
        if (contentLength is { } length)
        {
            scoped Span<byte> digits = stackalloc byte[20];
            Utf8Formatter.TryFormat(length, digits, out var count);
            Header("Content-Length"u8, digits[..count]);
        }

        Put("\r\n"u8);
        output.Advance(_used);
        _free = default;
        _used = 0;
    }

    private void Name(scoped ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || name.ContainsAnyExcept(TokenBytes)) throw BadName();
        Put(name);
    }

    private void Value(scoped ReadOnlySpan<byte> value)
    {
        if (!IsValue(value)) throw BadValue();
        Put(": "u8);
        Put(value);
        Put("\r\n"u8);
    }

    private void Value(scoped ReadOnlySpan<char> value)
    {
        if (!IsValue(value)) throw BadValue();
        Put(": "u8);
        Put(value);
        Put("\r\n"u8);
    }

    private static ArgumentException BadName() => new("Not a header name.");

    private static ArgumentException BadValue() => new("A header value may not hold CR, LF, NUL or a character outside Latin-1.");

    private void Put(scoped ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_free[_used..]);
        _used += bytes.Length;
    }

    private void Put(scoped ReadOnlySpan<char> text)
    {
        Reserve(text.Length);
        Encoding.Latin1.GetBytes(text, _free[_used..]);
        _used += text.Length;
    }

    private void Reserve(int length)
    {
        if (_free.Length - _used >= length) return;
        output.Advance(_used);
        _free = output.GetSpan(Math.Max(256, length));
        _used = 0;
    }
}
