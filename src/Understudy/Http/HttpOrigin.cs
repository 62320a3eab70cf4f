using System.Runtime.CompilerServices;
using System.Text;

namespace Understudy.Http;

/// <summary>
/// The connections to one origin (scheme, host, port), kept alive and reused, newest first. Safe to share between threads.
/// </summary>
/// <remarks>
/// Bytes in, bytes out: what a request says is composed by the caller (<see cref="RequestHeadWriter"/>), redirects,
/// cookies and content codings are not followed, kept or undone. Nothing is ever sent twice.
/// </remarks>
public sealed class HttpOrigin : IAsyncDisposable
{
    private readonly HttpConnector _connector;
    private readonly IdleConnections _idle;
    private readonly TimeSpan _idleLifetime;
    private bool _disposed;

    /// <summary>Prepares; nothing is connected yet.</summary>
    /// <param name="baseUrl">An absolute http or https URL; its path is ignored.</param>
    /// <param name="options">How to connect and what to keep.</param>
    /// <exception cref="ArgumentException">The URL or the proxy's URL is of another kind.</exception>
    public HttpOrigin(Uri baseUrl, HttpOriginOptions options)
    {
        ArgumentNullException.ThrowIfNull(baseUrl);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxIdle, nameof(options));
        if (!baseUrl.IsAbsoluteUri || (baseUrl.Scheme != Uri.UriSchemeHttp && baseUrl.Scheme != Uri.UriSchemeHttps))
        {
            throw new ArgumentException("An origin is an absolute http or https URL.", nameof(baseUrl));
        }

        if (options.Proxy is { } proxy && (!proxy.IsAbsoluteUri || proxy.Scheme != Uri.UriSchemeHttp))
        {
            throw new ArgumentException("A proxy is an absolute http URL; https origins are tunnelled through it as well.", nameof(options));
        }

        _connector = new(baseUrl, options);
        _idle = new(options.MaxIdle, options.TimeProvider);
        _idleLifetime = options.IdleLifetime;
        Host = Encoding.ASCII.GetBytes(baseUrl.IsDefaultPort ? HostOf(baseUrl) : $"{HostOf(baseUrl)}:{baseUrl.Port}");
    }

    /// <summary>The value of the <c>Host</c> header: the host, and the port where it is not the scheme's own.</summary>
    public ReadOnlyMemory<byte> Host { get; }

    /// <summary>How many connections are idle now.</summary>
    public int IdleConnections => _idle.Count;

    /// <summary>Sends a request and reads the head of its response. Interim responses (1xx) are skipped.</summary>
    /// <param name="head">
    /// Request line and header fields, ending in the blank line. Must stay unchanged until this completes, as must
    /// <paramref name="body"/>.
    /// </param>
    /// <param name="body">The body as the head announces it; empty where there is none. Not copied where it is large.</param>
    /// <param name="connectTimeout">How long connecting may take; <see cref="Timeout.InfiniteTimeSpan"/> for no limit. Ignored where an idle connection serves.</param>
    /// <param name="cancellationToken">
    /// Ends the exchange at once by closing its connection: until this completes, and after it until a read brings
    /// another token or the exchange is disposed.
    /// </param>
    /// <returns>The exchange or a fault; a failed exchange throws nothing.</returns>
    /// <exception cref="ObjectDisposedException">The origin is disposed.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<HttpSendResult> SendAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, TimeSpan connectTimeout, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);

        // 0. A call that is over already must not cost an idle connection.
        if (cancellationToken.IsCancellationRequested) return new(new HttpFault(HttpFaultKind.Cancelled, HttpStage.Connect, "cancelled before connecting"));

        // 1. A connection: the newest idle one that is not stale, or a new one.
        var connection = _idle.Take();
        if (connection is null)
        {
            (connection, var failed) = await _connector.ConnectAsync(connectTimeout, cancellationToken).ConfigureAwait(false);
            if (connection is null) return new(failed!);
        }

        // 2. From here on the token closes the connection; what fails then fails because of it.
        connection.Watch(cancellationToken);

        // 3. All of the request. Where that fails, the provider may have refused it half-way with a proper answer, which
        //    still lies in the socket: so the head is read all the same.
        var sent = await connection.SendAsync(head, body).ConfigureAwait(false);

        // 4. The head.
        var exchange = new HttpExchange(this, connection, isHead: head.Span.StartsWith("HEAD "u8));
        var fault = await exchange.ReadHeadAsync(sent).ConfigureAwait(false);
        if (fault is null) return new(exchange);
        exchange.Abandon();
        return new(fault);
    }

    /// <summary>Closes the idle connections; those in use close when their exchange is disposed.</summary>
    public ValueTask DisposeAsync()
    {
        Volatile.Write(ref _disposed, true);
        _idle.Close();
        return default;
    }

    /// <param name="connection">A connection whose exchange ended in order.</param>
    /// <param name="keepAliveSeconds">What the peer said it keeps the connection for; -1 if nothing.</param>
    internal void Return(HttpConnection connection, int keepAliveSeconds)
    {
        // A second less than the peer says: it began to count when it sent, not when we had read.
        var said = keepAliveSeconds < 0 ? _idleLifetime : TimeSpan.FromSeconds(Math.Max(0, keepAliveSeconds - 1));
        connection.IdleLimit = said < _idleLifetime ? said : _idleLifetime;
        connection.IsReused = true;
        _idle.Give(connection);
    }

    private static string HostOf(Uri url) => url.HostNameType == UriHostNameType.IPv6 ? $"[{url.IdnHost}]" : url.IdnHost;
}
