using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Understudy.Http;

/// <summary>Has a proxy connect a socket through to the origin (CONNECT, RFC 9110 §9.3.6).</summary>
internal static class ProxyTunnel
{
    private const int MaxHead = 8 * 1024;

    /// <returns>Null, or why there is no tunnel.</returns>
    public static async ValueTask<string?> OpenAsync(Socket socket, Uri proxy, DnsEndPoint target, CancellationToken cancellationToken)
    {
        var authority = target.Host.Contains(':') ? $"[{target.Host}]:{target.Port}" : $"{target.Host}:{target.Port}";
        var authorization = proxy.UserInfo.Length == 0 ? "" : $"Proxy-Authorization: Basic {Credentials(proxy)}\r\n";
        ReadOnlyMemory<byte> request = Encoding.ASCII.GetBytes($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{authorization}\r\n");
        while (!request.IsEmpty) request = request[await socket.SendAsync(request, SocketFlags.None, cancellationToken).ConfigureAwait(false)..];

        var buffer = new byte[MaxHead];
        var filled = 0;
        var parser = new ResponseHeadParser();
        while (filled < buffer.Length)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(filled), SocketFlags.None, cancellationToken).ConfigureAwait(false);
            if (received == 0) return "the proxy closed the connection";
            filled += received;
            if (parser.Read(buffer.AsSpan(0, filled), out var length) is { } bad) return $"proxy: {bad}";
            if (length == 0) continue;
            if (parser.StatusCode / 100 != 2) return $"the proxy answered {parser.StatusCode}";
            // Whoever is behind the tunnel speaks second; bytes here would be mistaken for its answer.
            return length == filled ? null : "the proxy sent bytes after its answer";
        }

        return "the proxy's answer is too long";
    }

    private static string Credentials(Uri proxy) => Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(proxy.UserInfo)));
}
