using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace Understudy.Gateway.Tests.Support;

/// <summary>A receiver of webhooks: answers as a test wants, and keeps what it got.</summary>
internal sealed class NewsReceiver : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Channel<News> _news = Channel.CreateUnbounded<News>();
    private readonly Func<int, string> _answer;
    private readonly Task _accepting;

    /// <param name="answer">The status line and headers for the first, the second, … delivery.</param>
    public NewsReceiver(Func<int, string> answer)
    {
        _answer = answer;
        _listener.Start();
        Url = new($"http://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}/hooks/understudy");
        _accepting = AcceptAsync();
    }

    public Uri Url { get; }

    public ValueTask<News> NextAsync() => _news.Reader.ReadAsync(TestContext.Current.CancellationToken);

    public bool HasMore => _news.Reader.TryPeek(out _);

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        for (var number = 1; ; number++)
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
                var got = "";
                var buffer = new byte[16 * 1024];
                int end;
                while ((end = got.IndexOf("\r\n\r\n", StringComparison.Ordinal)) < 0 || got.Length < end + 4 + Length(got[..end]))
                {
                    var read = await stream.ReadAsync(buffer);
                    if (read == 0) break;
                    got += Encoding.Latin1.GetString(buffer, 0, read);
                }

                await stream.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 {_answer(number)}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
                if (end > 0) _news.Writer.TryWrite(new(got[..end].Split("\r\n")[0], Headers(got[..end]), got[(end + 4)..]));
            }
        }
    }

    private static int Length(string head) => int.Parse(Headers(head)["content-length"], System.Globalization.CultureInfo.InvariantCulture);

    private static Dictionary<string, string> Headers(string head) => head.Split("\r\n")[1..]
        .ToDictionary(line => line[..line.IndexOf(':', StringComparison.Ordinal)].ToLowerInvariant(), line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim());
}

/// <summary>One delivery.</summary>
internal sealed record News(string Line, IReadOnlyDictionary<string, string> Headers, string Body);
