using System.Buffers;
using System.Runtime.CompilerServices;

namespace Understudy.Http;

/// <summary>
/// One request and its response on a connection. Its head was read; its body is read piece by piece. For one reader at a
/// time.
/// </summary>
/// <remarks>
/// While it waits for the head, or for more of a stream, it holds no buffer: it waits with an empty receive and rents
/// one when there is something. Only the head's own bytes are kept. Trying a receive with a buffer first is tempting and
/// wrong: it costs a third call to the kernel on every event of a stream (counted: 2.1 a chunk as it is), and a rented
/// buffer that finds nothing.
/// </remarks>
public sealed class HttpExchange : IAsyncDisposable
{
    private const int MaxHead = 64 * 1024;
    private const int SmallBuffer = 16 * 1024;
    private const int LargeBuffer = 64 * 1024;

    private const int Resting = 0;
    private const int Reading = 1;
    private const int Disposed = 2;

    private readonly HttpOrigin _origin;
    private readonly HttpConnection _connection;
    private readonly bool _isHead;
    private int _activity;

    // What was received and not yet handed out; the head's bytes lie in the same array until that is let go.
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private byte[]? _head;
    private int _headStart;
    private ResponseHeadParser _parsed = new();
    private int _fieldsLength;

    private Framing _framing;
    private long _left;
    private ChunkedDecoder _chunks;
    private int _ready;
    private bool _whole;
    private bool _filledUp;
    private bool _sentWhole = true;
    private HttpFault? _fault;

    internal HttpExchange(HttpOrigin origin, HttpConnection connection, bool isHead)
    {
        _origin = origin;
        _connection = connection;
        _isHead = isHead;
        OnReusedConnection = connection.IsReused;
    }

    private enum Framing
    {
        None,
        Length,
        Chunks,
        Close,
    }

    /// <summary>The status code, 200 to 999.</summary>
    public int StatusCode => _parsed.StatusCode;

    /// <summary>The header fields. Valid until the next read or dispose.</summary>
    public ResponseHeaders Headers => _head is null ? default : new(_head.AsSpan(_headStart + _parsed.FieldsStart, _fieldsLength));

    /// <summary>The length that the head announced, in bytes; null where it announced none. The answer to HEAD and a 304 announce one and have no body.</summary>
    public long? ContentLength => _parsed.ContentLength < 0 ? null : _parsed.ContentLength;

    /// <summary>Whether the body comes in chunks, as streams do.</summary>
    public bool IsChunked => _parsed.IsChunked;

    /// <summary>Whether only the connection's end ends the body: whether that was all of it cannot be known here.</summary>
    public bool IsCloseDelimited => _framing == Framing.Close;

    /// <summary>Whether the connection had served before.</summary>
    public bool OnReusedConnection { get; }

    /// <summary>Whether the next read completes at once: bytes are at hand, or the end, or a fault.</summary>
    public bool HasBuffered => _ready > 0 || _whole || _fault is not null;

    /// <summary>Whether the body has been given out to its end: the next read says so and gives nothing more.</summary>
    public bool IsAtEnd => _whole && _ready == 0;

    /// <summary>Reads the next piece of the body. What the last read gave is invalid from here on.</summary>
    /// <param name="cancellationToken">Ends the exchange at once; takes the place of the token given before. The same token costs nothing.</param>
    /// <returns>Bytes, or the end, or a fault; after the end or a fault, the same again.</returns>
    /// <exception cref="InvalidOperationException">A read is under way.</exception>
    /// <exception cref="ObjectDisposedException">The exchange is disposed.</exception>
    public ValueTask<HttpBodyRead> ReadAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_activity == Disposed, this);
        _connection.Watch(cancellationToken);
        if (_fault is null && _connection.IsCancelled) _fault = Cancelled(HttpStage.Body);
        return TryTake(out var read) ? new(read) : ReadMoreAsync();
    }

    /// <summary>
    /// Lets go of the connection: to be reused if the body was read, or at least received, to its end and the peer keeps
    /// it open; else closed with a reset, so that the provider stops.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        switch (Interlocked.Exchange(ref _activity, Disposed))
        {
            case Disposed:
                break;
            case Reading:
                _connection.Abort(); // the read comes back with an error and lets go of the buffers, which the socket may still write to
                break;
            default:
                Release();
                break;
        }

        return default;
    }

    /// <summary>Reads up to the blank line of the first response that is not an interim one.</summary>
    /// <param name="sent">What came of sending.</param>
    /// <returns>Null, or what went wrong.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<HttpFault?> ReadHeadAsync(Transferred sent)
    {
        _sentWhole = sent.IsGood;
        var waited = await _connection.ReceiveAsync(Memory<byte>.Empty).ConfigureAwait(false);
        if (!waited.IsGood) return NoHead(sent, waited);
        _buffer = ArrayPool<byte>.Shared.Rent(SmallBuffer);
        while (true)
        {
            if (_end == _buffer.Length) Grow();
            var received = await _connection.ReceiveAsync(_buffer.AsMemory(_end)).ConfigureAwait(false);
            if (!received.IsGood || received.Bytes == 0) return NoHead(sent, received);
            _end += received.Bytes;
            _filledUp = _end == _buffer.Length;
            if (ParseHead(out var bad)) break;
            if (_end > MaxHead) bad ??= "the head is longer than 64 KiB";
            if (bad is not null) return new(HttpFaultKind.Protocol, HttpStage.WaitingForHead, bad);
        }

        if (_connection.IsCancelled) return Cancelled(HttpStage.WaitingForHead);
        BeginBody();
        return null;
    }

    /// <summary>Lets go of everything after a fault.</summary>
    internal void Abandon()
    {
        _activity = Disposed;
        _connection.Unwatch();
        _connection.Abort();
        ReleaseBuffers();
    }

    private static HttpFault Cancelled(HttpStage stage) => new(HttpFaultKind.Cancelled, stage, "cancelled");

    /// <returns>Whether a final head is whole.</returns>
    private bool ParseHead(out string? bad)
    {
        while (true)
        {
            bad = _parsed.Read(_buffer.AsSpan(_headStart, _end - _headStart), out var length);
            if (bad is not null || length == 0) return false;
            _start = _headStart + length;
            if (_start > MaxHead) bad = "the head is longer than 64 KiB";
            else if (_parsed.StatusCode == 101) bad = "101, although no upgrade was asked for";
            if (bad is not null) return false;
            if (_parsed.StatusCode >= 200)
            {
                _fieldsLength = length - 2 - _parsed.FieldsStart;
                _head = _buffer;
                return true;
            }

            // 100, 102, 103: the real one follows. All of them together share the limit.
            _headStart = _start;
            _parsed = new();
            if (_headStart == _end) return false;
        }
    }

    private HttpFault NoHead(Transferred sent, Transferred received)
    {
        if (_connection.IsCancelled) return Cancelled(sent.IsGood ? HttpStage.WaitingForHead : HttpStage.Sending);
        if (_end > 0) return new(HttpFaultKind.EndedEarly, HttpStage.WaitingForHead, "the connection ended inside the response head");
        var reason = !sent.IsGood ? sent.Error.ToString() : received.IsGood ? "the connection was closed before a response" : received.Error.ToString();
        return new(HttpFaultKind.Reset, sent.IsGood ? HttpStage.WaitingForHead : HttpStage.Sending, reason) { OnReusedConnection = OnReusedConnection };
    }

    /// <summary>How long the body is: RFC 9112 §6.3, in its order.</summary>
    private void BeginBody()
    {
        _left = _parsed.ContentLength;
        _framing = _isHead || _parsed.StatusCode is 204 or 304 ? Framing.None
            : _parsed.IsChunked ? Framing.Chunks
            : _left >= 0 ? Framing.Length
            : Framing.Close;
        Advance();
    }

    /// <summary>Goes through framing at hand, so that what the next read gives is known before it is asked for.</summary>
    private void Advance()
    {
        var held = _end - _start;
        switch (_framing)
        {
            case Framing.None:
                _whole = true;
                break;
            case Framing.Length:
                _ready = (int)Math.Min(held, _left);
                _left -= _ready;
                _whole = _left == 0;
                break;
            case Framing.Close:
                _ready = held;
                break;
            case Framing.Chunks:
                Unframe();
                break;
        }
    }

    /// <summary>
    /// Takes the framing out of everything at hand: the data is moved together, so that several chunks are one piece. A
    /// server sends each event of a stream as a chunk of its own; handed on one by one, each would cost a send.
    /// </summary>
    private void Unframe()
    {
        var at = _start;
        while (true)
        {
            if (_chunks.Next(_buffer.AsSpan(at, _end - at), out var skip, out var take) is { } bad)
            {
                _fault = new(HttpFaultKind.Protocol, HttpStage.Body, bad); // told after the data before it
                break;
            }

            at += skip;
            if (take == 0) break;
            if (_ready == 0) _start = at;
            else _buffer.AsSpan(at, take).CopyTo(_buffer.AsSpan(_start + _ready));
            _ready += take;
            at += take;
        }

        if (_ready == 0) _start = at;
        _whole = _chunks.IsEnd;
        _end = _start + _ready + (_end - at); // what is left came after the end or is not to be read: it only counts
    }

    private bool TryTake(out HttpBodyRead read)
    {
        if (_connection.IsCancelled && _fault is not null)
        {
            read = new(_fault);
            return true;
        }

        if (_ready > 0)
        {
            read = new(_buffer.AsMemory(_start, _ready));
            _start += _ready;
            _ready = 0;
            if (!_whole && _fault is null) Advance();
            return true;
        }

        read = _fault is not null ? new(_fault) : _whole ? HttpBodyRead.AtEnd : default;
        return HasBuffered;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<HttpBodyRead> ReadMoreAsync()
    {
        if (Interlocked.CompareExchange(ref _activity, Reading, Resting) != Resting) throw new InvalidOperationException("A read is under way.");
        HttpBodyRead read;
        do
        {
            await FillAsync().ConfigureAwait(false);
        }
        while (!TryTake(out read));

        if (Interlocked.CompareExchange(ref _activity, Resting, Reading) == Reading) return read;
        _connection.Unwatch();
        ReleaseBuffers();
        return new(Cancelled(HttpStage.Body));
    }

    /// <summary>Receives once more: all that was held is handed out.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FillAsync()
    {
        LetGoOfBuffer();
        // A length means that the rest is on its way: wait with a buffer and save the second call. A buffer that was
        // filled to the brim means that there is more already. Else a stream waits, perhaps for long.
        if (_framing != Framing.Length && !_filledUp)
        {
            var waited = await _connection.ReceiveAsync(Memory<byte>.Empty).ConfigureAwait(false);
            if (!waited.IsGood)
            {
                Break(waited);
                return;
            }
        }

        _buffer = ArrayPool<byte>.Shared.Rent(_filledUp || (_framing == Framing.Length && _left > SmallBuffer) ? LargeBuffer : SmallBuffer);
        var received = await _connection.ReceiveAsync(_buffer).ConfigureAwait(false);
        if (!received.IsGood || received.Bytes == 0)
        {
            Break(received);
            return;
        }

        _end = received.Bytes;
        _filledUp = _end == _buffer.Length;
        Advance();
    }

    private void Break(Transferred received)
    {
        if (_connection.IsCancelled) _fault = Cancelled(HttpStage.Body);
        else if (!received.IsGood) _fault = new(HttpFaultKind.Reset, HttpStage.Body, received.Error.ToString());
        else if (_framing == Framing.Close) _whole = true;
        else _fault = new(HttpFaultKind.EndedEarly, HttpStage.Body, _framing == Framing.Length ? $"{_left} bytes of the body are missing" : "the last chunk is missing");
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_buffer!.Length * 2);
        _buffer.AsSpan(0, _end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private void LetGoOfBuffer()
    {
        if (_buffer is not null)
        {
            if (_head == _buffer)
            {
                // The head outlives its buffer: the caller may look at the first events before it passes the headers on.
                var length = _parsed.FieldsStart + _fieldsLength;
                var head = ArrayPool<byte>.Shared.Rent(length);
                _head.AsSpan(_headStart, length).CopyTo(head);
                _head = head;
                _headStart = 0;
            }

            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
        }

        _start = _end = 0;
    }

    private void Release()
    {
        while (_ready > 0 && _fault is null)
        {
            _start += _ready;
            _ready = 0;
            if (!_whole) Advance();
        }

        _connection.Unwatch();
        var isClean = _whole && _fault is null && _start == _end && _sentWhole && _framing != Framing.Close;
        if (_connection.IsCancelled || !_whole) _connection.Abort();
        else if (isClean && _parsed.KeepsAlive) _origin.Return(_connection, _parsed.KeepAliveSeconds);
        else _connection.Close();
        ReleaseBuffers();
    }

    private void ReleaseBuffers()
    {
        if (_buffer is not null) ArrayPool<byte>.Shared.Return(_buffer);
        if (_head is not null && _head != _buffer) ArrayPool<byte>.Shared.Return(_head);
        _buffer = null;
        _head = null;
    }
}
