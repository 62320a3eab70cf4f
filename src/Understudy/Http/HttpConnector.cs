using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Understudy.Http;

/// <summary>Opens connections to one origin: name, socket, proxy, TLS. The one place where their exceptions become faults.</summary>
internal sealed class HttpConnector(Uri baseUrl, HttpOriginOptions options)
{
    private readonly bool _isTls = baseUrl.Scheme == Uri.UriSchemeHttps;
    private readonly DnsEndPoint _target = new(baseUrl.IdnHost, baseUrl.Port);

    public async ValueTask<(HttpConnection? Connection, HttpFault? Fault)> ConnectAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var start = options.TimeProvider.GetTimestamp();
        using var timer = timeout == Timeout.InfiniteTimeSpan ? null : new CancellationTokenSource(timeout, options.TimeProvider);
        using var both = timer is null ? null : CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        var token = both?.Token ?? cancellationToken;
        Socket? socket = null;
        try
        {
            var first = options.Proxy is { } proxy ? new DnsEndPoint(proxy.IdnHost, proxy.Port) : _target;
            socket = options.Connect is { } connect
                ? await connect(first, token).ConfigureAwait(false)
                : await DialAsync(first, timeout, start, token).ConfigureAwait(false);
            Tune(socket);
            if (options.Proxy is not null && await ProxyTunnel.OpenAsync(socket, options.Proxy, _target, token).ConfigureAwait(false) is { } refusal)
            {
                socket.Dispose();
                return (null, Failed(refusal));
            }

            HttpConnection connection = _isTls ? await SecureAsync(socket, token).ConfigureAwait(false) : new PlainConnection(socket);
            socket = null;
            return (connection, null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return (null, new(HttpFaultKind.Cancelled, HttpStage.Connect, "cancelled while connecting"));
        }
        catch (OperationCanceledException) when (timer is { IsCancellationRequested: true })
        {
            return (null, new(HttpFaultKind.ConnectTimeout, HttpStage.Connect, $"no connection within {timeout.TotalSeconds:0.###} s"));
        }
        catch (SocketException e)
        {
            return (null, Failed(e.SocketErrorCode.ToString()));
        }
        catch (AuthenticationException e)
        {
            // The framework's own text (certificate name mismatch, untrusted root): no byte of the peer is in it.
            return (null, Failed($"TLS: {e.Message}"));
        }
        catch (IOException e)
        {
            return (null, Failed(e.InnerException is SocketException inner ? $"TLS: {inner.SocketErrorCode}" : "TLS: the connection ended in the handshake"));
        }
        finally
        {
            socket?.Dispose();
        }
    }

    private static HttpFault Failed(string reason) => new(HttpFaultKind.ConnectFailed, HttpStage.Connect, reason);

    private static void Tune(Socket socket)
    {
        socket.NoDelay = true;
        // A model may think for minutes: keep NATs and load balancers from forgetting the connection, and notice a peer
        // that vanished without a word after 45 + 3 x 15 seconds.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 45);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }

    /// <summary>Tries the addresses in the resolver's order, each with an equal share of the time that is left.</summary>
    private async ValueTask<Socket> DialAsync(DnsEndPoint target, TimeSpan timeout, long start, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(target.Host, out var literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(target.Host, cancellationToken).ConfigureAwait(false);
        if (addresses.Length == 0) throw new SocketException((int)SocketError.HostNotFound);
        for (var i = 0; ; i++)
        {
            var isLast = i == addresses.Length - 1;
            using var share = isLast || timeout == Timeout.InfiniteTimeSpan ? null : Share(timeout - options.TimeProvider.GetElapsedTime(start), addresses.Length - i);
            using var both = share is null ? null : CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, share.Token);
            var socket = new Socket(addresses[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(addresses[i], target.Port), both?.Token ?? cancellationToken).ConfigureAwait(false);
                return socket;
            }
            catch (Exception e) when (!isLast && !cancellationToken.IsCancellationRequested && e is (SocketException or OperationCanceledException))
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    private CancellationTokenSource Share(TimeSpan left, int addresses) =>
        new(left > TimeSpan.Zero ? left / addresses : TimeSpan.Zero, options.TimeProvider);

    private async ValueTask<TlsConnection> SecureAsync(Socket socket, CancellationToken cancellationToken)
    {
        var authentication = new SslClientAuthenticationOptions
        {
            TargetHost = _target.Host,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
        };
        options.CustomizeTls?.Invoke(authentication);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: false));
        try
        {
            await stream.AuthenticateAsClientAsync(authentication, cancellationToken).ConfigureAwait(false);
            return new(socket, stream);
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
