using System.Net;
using System.Net.Sockets;
using Understudy.Http;

namespace Understudy.Tests.Http;

/// <summary>
/// Bounds on what a warm exchange allocates, over everything in the process. Generous, and on bytes: they fail when
/// something is allocated a call or a read, not when a machine is slow.
/// </summary>
[Collection(nameof(Alone))]
public sealed class AllocationTests(ITestOutputHelper output)
{
    private const int Rounds = 2000;

#if DEBUG
    // Without optimization every async method's state is an object of its own; pooling cannot help.
    private const double MostAnExchange = 1600;
    private const double MostARead = 400;
#else
    private const double MostAnExchange = 400;
    private const double MostARead = 40;
#endif

    [Fact]
    public async Task AWarmExchange_AllocatesLittleMoreThanItself()
    {
        using var server = new EchoingThread("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: application/json\r\n\r\nhello"u8.ToArray(), 1);
        await using var origin = new HttpOrigin(server.Url, new());
        using var source = new CancellationTokenSource();
        var body = new byte[1000];
        var head = Exchanges.Post(body.Length);
        await Run(500);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await Run(Rounds);
        var each = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Rounds;
        output.WriteLine($"{each:0} bytes an exchange");
        Assert.InRange(each, 0, MostAnExchange);

        async Task Run(int times)
        {
            for (var i = 0; i < times; i++)
            {
                var sent = await origin.SendAsync(head, body, Timeout.InfiniteTimeSpan, source.Token).ConfigureAwait(false);
                var exchange = sent.Exchange!;
                while (true)
                {
                    var read = await exchange.ReadAsync(source.Token).ConfigureAwait(false);
                    if (read.End) break;
                }

                await exchange.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    [Fact]
    public async Task AReadThatWaits_AllocatesNothing()
    {
        // Each request in the stream's place: the server sends a chunk for each byte that it is sent.
        using var server = new EchoingThread("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray(), 0) { Chunk = "9\r\ndata: 1\n\n\r\n"u8.ToArray() };
        Socket? raw = null;
        await using var origin = new HttpOrigin(server.Url, new()
        {
            Connect = async (target, token) =>
            {
                raw = new(SocketType.Stream, ProtocolType.Tcp);
                await raw.ConnectAsync(target, token);
                return raw;
            },
        });
        using var source = new CancellationTokenSource();
        await using var exchange = (await origin.GetAsync(source.Token)).Exchange!;
        var tick = new byte[1];
        await Run(500);
        // The least of three: the counter is the whole process's, and what the runtime does beside can only add to it.
        var each = double.MaxValue;
        for (var turn = 0; turn < 3; turn++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await Run(Rounds);
            each = Math.Min(each, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Rounds);
        }

        output.WriteLine($"{each:0.0} bytes a read");
        Assert.InRange(each, 0, MostARead);

        async Task Run(int times)
        {
            for (var i = 0; i < times; i++)
            {
                var pending = exchange.ReadAsync(source.Token);
                raw!.Send(tick);
                if ((await pending.ConfigureAwait(false)).Bytes.Length != 9) Assert.Fail("not one chunk"); // Assert.Equal allocates
            }
        }
    }

    /// <summary>A blocking server on a thread of its own, which allocates nothing once it runs.</summary>
    private sealed class EchoingThread : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly byte[] _answer;
        private readonly int _answers;

        /// <param name="answer">Sent for a request.</param>
        /// <param name="answers">1: for every request; 0: for the first, then <see cref="Chunk"/> for every receive.</param>
        public EchoingThread(byte[] answer, int answers)
        {
            _answer = answer;
            _answers = answers;
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen();
            new Thread(Serve) { IsBackground = true }.Start();
        }

        public byte[] Chunk { get; init; } = [];

        public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}");

        public void Dispose() => _listener.Dispose();

        private void Serve()
        {
            try
            {
                using var peer = _listener.Accept();
                peer.NoDelay = true;
                var buffer = new byte[64 * 1024];
                var isFirst = true;
                while (peer.Receive(buffer) > 0)
                {
                    peer.Send(isFirst || _answers == 1 ? _answer : Chunk);
                    isFirst = false;
                }
            }
            catch (SocketException)
            {
                // The end of the test.
            }
        }
    }
}

/// <summary>Tests that measure the whole process run while no other does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
