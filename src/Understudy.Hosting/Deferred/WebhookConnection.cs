using System.Net;
using System.Net.Sockets;

namespace Understudy.Hosting.Deferred;

/// <summary>
/// Connections to receivers of news. The address that is connected to is the one that was looked at: a name that is
/// answered differently the second time gains nothing. No proxy, no redirects, no cookies.
/// </summary>
internal static class WebhookConnection
{
    /// <summary>A handler for one kind of receivers.</summary>
    /// <param name="allowPrivate">Whether this machine and private networks may be connected to.</param>
    public static SocketsHttpHandler Handler(bool allowPrivate) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        MaxResponseHeadersLength = 16, // KiB
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, allowPrivate, cancellationToken),
    };

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint to, bool allowPrivate, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(to.Host.Trim('[', ']'), out var literal) ? [literal] : await Dns.GetHostAddressesAsync(to.Host, cancellationToken).ConfigureAwait(false);
        // One private address among public ones is somebody's trick: none of them is taken.
        if (!allowPrivate && addresses.FirstOrDefault(address => !PublicAddress.Is(address)) is not null) throw new HttpRequestException("the receiver's name leads to a private address");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, to.Port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
