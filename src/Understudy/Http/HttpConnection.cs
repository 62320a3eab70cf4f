using System.Net.Sockets;

namespace Understudy.Http;

/// <summary>
/// One connection, used by one exchange at a time. Cancellation works by closing it: a pending send or receive then
/// completes with an error, and no single operation needs a token of its own.
/// </summary>
internal abstract class HttpConnection(Socket socket)
{
    private static readonly LingerOption Abortive = new(enable: true, seconds: 0);

    private CancellationToken _watched;
    private CancellationTokenRegistration _registration;
    private int _closed;
    private volatile bool _cancelled;

    /// <summary>Whether a watched token fired. Such a connection is closed and never reused.</summary>
    public bool IsCancelled => _cancelled;

    /// <summary>Whether it has served an exchange before the one at hand.</summary>
    public bool IsReused { get; set; }

    /// <summary>The timestamp since which it is idle.</summary>
    public long IdleSince { get; set; }

    /// <summary>How long it may be idle.</summary>
    public TimeSpan IdleLimit { get; set; }

    protected Socket Socket { get; } = socket;

    /// <summary>Receives what there is, at least a byte; 0 at the peer's end. An empty buffer waits until there is something.</summary>
    public abstract ValueTask<Transferred> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Sends all of both.</summary>
    public abstract ValueTask<Transferred> SendAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body);

    /// <summary>
    /// From here on the token ends the connection. The same token costs nothing, so that a stream of reads has one
    /// registration, not one a read.
    /// </summary>
    public void Watch(CancellationToken cancellationToken)
    {
        if (cancellationToken == _watched) return;
        Unwatch();
        _watched = cancellationToken;
        _registration = cancellationToken.UnsafeRegister(static connection => ((HttpConnection)connection!).Cancel(), this);
    }

    /// <summary>Lets go of the token; afterwards <see cref="IsCancelled"/> is final.</summary>
    public void Unwatch()
    {
        // Unregister, not Dispose: Dispose would block until a callback that runs elsewhere is through. False also comes
        // of a source that was disposed meanwhile, so the token is asked whether it fired.
        if (!_registration.Unregister() && _watched.IsCancellationRequested) _cancelled = true;
        _registration = default;
        _watched = default;
    }

    /// <summary>
    /// Whether it can be read from while no response is due: the peer has closed it, or has said something unasked. Of no
    /// use either way.
    /// </summary>
    public bool IsStale()
    {
        try
        {
            return Socket.Poll(0, SelectMode.SelectRead);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>Closes with a reset, so that the peer hears at once that nobody listens any more and stops generating.</summary>
    public void Abort()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0) return;
        try
        {
            Socket.LingerState = Abortive;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer was quicker; closing is all that is left.
        }

        Socket.Dispose();
        OnClosed();
    }

    /// <summary>Closes in order.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0) return;
        Socket.Dispose();
        OnClosed();
    }

    /// <summary>Lets go of what is beside the socket; an operation may still be on its way back.</summary>
    protected abstract void OnClosed();

    private void Cancel()
    {
        _cancelled = true;
        Abort();
    }
}
