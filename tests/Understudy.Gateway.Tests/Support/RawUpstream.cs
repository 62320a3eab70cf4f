using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Understudy.Gateway.Tests.Support;

/// <summary>
/// A provider that sends exactly the bytes it is given and keeps exactly those it got: for what no well-behaved server
/// would send. One request a connection.
/// </summary>
internal sealed class RawUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _accepting;

    private RawUpstream(byte[] response)
    {
        _listener.Start();
        Url = new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync(response);
    }

    public Uri Url { get; }

    /// <summary>Head and body of every request.</summary>
    public ConcurrentQueue<(string Head, byte[] Body)> Requests { get; } = new();

    /// <summary>Answers every request with these bytes, head included, and closes the connection.</summary>
    public static RawUpstream Sending(string head, byte[] body) =>
        new([.. Encoding.Latin1.GetBytes(head.ReplaceLineEndings("\r\n")), .. body]);

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
    }

    private async Task AcceptAsync(byte[] response)
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
            {
                return;
            }

            using (client)
            {
                var stream = client.GetStream();
                var got = new List<byte>();
                var buffer = new byte[64 * 1024];
                while (!Whole(got, out var head, out var body))
                {
                    var read = await stream.ReadAsync(buffer);
                    if (read == 0) break;
                    got.AddRange(buffer.AsSpan(0, read));
                    if (Whole(got, out head, out body)) Requests.Enqueue((head, body));
                }

                await stream.WriteAsync(response);
            }
        }
    }

    private static bool Whole(List<byte> got, out string head, out byte[] body)
    {
        head = "";
        body = [];
        var bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(got);
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0) return false;
        head = Encoding.Latin1.GetString(bytes[..(end + 2)]);
        var length = head.Split("\r\n").First(line => line.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase));
        if (bytes.Length < end + 4 + int.Parse(length["content-length:".Length..], CultureInfo.InvariantCulture)) return false;
        body = bytes[(end + 4)..].ToArray();
        return true;
    }
}
