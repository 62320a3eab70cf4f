using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Understudy.Tests.Http;

/// <summary>A server that speaks the exact bytes that a test wrote, one script a connection, and counts what it received.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Func<Peer, int, Task> _script;
    private readonly Task _accepting;
    private readonly List<Task> _running = [];
    private readonly List<Peer> _peers = [];

    /// <param name="script">Is given the connection and its number, from 0.</param>
    public ScriptedServer(Func<Peer, int, Task> script)
    {
        _script = script;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(64);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = Task.Run(AcceptAsync); // off the test runner's few threads: a test may block one
    }

    public int Port { get; }

    public Uri Url => new($"http://127.0.0.1:{Port}/");

    public int Connections => _peers.Count;

    /// <summary>A server that answers every request on every connection with the same bytes.</summary>
    public static ScriptedServer Always(string response) => new(async (peer, _) =>
    {
        while (await peer.ReadRequestAsync() is not null) await peer.SendAsync(response);
    });

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        foreach (var peer in _peers) peer.Socket.Dispose();
        await Task.WhenAll(_running);
    }

    private async Task AcceptAsync()
    {
        try
        {
            for (var number = 0; ; number++)
            {
                var peer = new Peer(await _listener.AcceptAsync());
                _peers.Add(peer);
                _running.Add(RunAsync(peer, number));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private async Task RunAsync(Peer peer, int number)
    {
        try
        {
            await _script(peer, number);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client left; what it did is asserted elsewhere.
        }
    }

    /// <summary>The server's side of one connection.</summary>
    internal sealed class Peer(Socket socket)
    {
        private byte[] _held = [];

        public Socket Socket { get; } = socket;

        public async Task SendAsync(string text) => await SendAsync(Encoding.Latin1.GetBytes(text));

        public async Task SendAsync(ReadOnlyMemory<byte> bytes)
        {
            Socket.NoDelay = true;
            while (!bytes.IsEmpty) bytes = bytes[await Socket.SendAsync(bytes)..];
        }

        /// <summary>A whole request, head and body in Latin-1; null when the client has closed.</summary>
        public async Task<string?> ReadRequestAsync()
        {
            var text = "";
            while (true)
            {
                text = Encoding.Latin1.GetString(_held);
                var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
                if (end >= 0)
                {
                    var length = end + 4 + Length(text[..end]);
                    if (_held.Length >= length)
                    {
                        _held = _held[length..];
                        return text[..length];
                    }
                }

                if (!await ReceiveAsync()) return null;
            }
        }

        public async Task<bool> ReceiveAsync()
        {
            var buffer = new byte[1 << 20];
            var count = await Socket.ReceiveAsync(buffer);
            _held = [.. _held, .. buffer[..count]];
            return count > 0;
        }

        /// <summary>Waits until the client has gone, and says how: true for a reset, false for an orderly end.</summary>
        public async Task<bool> WaitForEndAsync()
        {
            try
            {
                while (await ReceiveAsync())
                {
                }

                return false;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset)
            {
                return true;
            }
        }

        /// <summary>Closes with a reset.</summary>
        public void Reset()
        {
            Socket.LingerState = new(enable: true, seconds: 0);
            Socket.Dispose();
        }

        private static int Length(string head)
        {
            const string Name = "content-length:";
            var at = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
            if (at < 0) return 0;
            var line = head[(at + Name.Length)..];
            var end = line.IndexOf('\r', StringComparison.Ordinal);
            return int.Parse(end < 0 ? line : line[..end], System.Globalization.CultureInfo.InvariantCulture);
        }
    }
}
