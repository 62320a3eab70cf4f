using System.Net;
using System.Net.Sockets;
using System.Text;
using Understudy.Http;

namespace Understudy.Tests.Http;

/// <summary>Real sockets against a scripted server: reuse, faults, large bodies.</summary>
public sealed class HttpOriginTests
{
    private const string Hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    private const string Streaming = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

    [Fact]
    public async Task ManyExchangesInTurn_UseOneConnection()
    {
        await using var server = ScriptedServer.Always(Hello);
        await using var origin = new HttpOrigin(server.Url, new());
        for (var i = 0; i < 20; i++) Assert.Equal("hello", await origin.GetTextAsync());
        Assert.Equal(1, server.Connections);
        Assert.Equal(1, origin.IdleConnections);
    }

    [Fact]
    public async Task AConnectionThatThePeerCloses_IsNotReused()
    {
        await using var server = ScriptedServer.Always("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
        await using var origin = new HttpOrigin(server.Url, new());
        for (var i = 0; i < 3; i++) Assert.Equal("hello", await origin.GetTextAsync());
        Assert.Equal(3, server.Connections);
    }

    [Fact]
    public async Task OverlappingExchanges_UseAConnectionEach_AndTheNewestServesNext()
    {
        await using var server = ScriptedServer.Always(Hello);
        await using var origin = new HttpOrigin(server.Url, new() { MaxIdle = 2 });
        var exchanges = new List<HttpExchange>();
        for (var i = 0; i < 3; i++) exchanges.Add((await origin.GetAsync()).Exchange!);
        foreach (var exchange in exchanges)
        {
            Assert.Equal("hello", await exchange.ReadTextAsync());
            await exchange.DisposeAsync();
        }

        Assert.Equal((3, 2), (server.Connections, origin.IdleConnections));
        Assert.Equal("hello", await origin.GetTextAsync());
        Assert.Equal((3, 2), (server.Connections, origin.IdleConnections));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")]
    public async Task AnIdleConnectionThatThePeerClosedOrSpokeOn_IsFoundStaleBeforeUse(string? unasked)
    {
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var requests = new int[2];
        await using var server = new ScriptedServer(async (peer, number) =>
        {
            await peer.ReadRequestAsync();
            requests[number]++;
            await peer.SendAsync(Hello);
            if (number > 0) return;
            await read.Task;
            if (unasked is null) peer.Socket.Shutdown(SocketShutdown.Send);
            else await peer.SendAsync(unasked);
            if (await peer.ReadRequestAsync() is not null) requests[number]++;
        });
        var sockets = new List<Socket>();
        var options = new HttpOriginOptions { Connect = async (target, cancellationToken) => await DialAsync(target, sockets, cancellationToken) };
        await using var origin = new HttpOrigin(server.Url, options);
        Assert.Equal("hello", await origin.GetTextAsync());
        read.SetResult();
        await Task.Run(() => sockets[0].Poll(Timeout.InfiniteTimeSpan, SelectMode.SelectRead)); // until it has arrived on this side
        Assert.Equal("hello", await origin.GetTextAsync());
        await server.DisposeAsync();
        Assert.Equal([1, 1], requests);
    }

    [Fact]
    public async Task AReusedConnectionThatBreaksBeforeAByte_SaysSo()
    {
        await using var server = new ScriptedServer(async (peer, _) =>
        {
            await peer.ReadRequestAsync();
            await peer.SendAsync(Hello);
            await peer.ReadRequestAsync();
            peer.Reset();
        });
        await using var origin = new HttpOrigin(server.Url, new());
        Assert.Equal("hello", await origin.GetTextAsync());
        var fault = (await origin.GetAsync()).Fault;
        Assert.NotNull(fault);
        Assert.Equal((HttpFaultKind.Reset, HttpStage.WaitingForHead, true), (fault.Kind, fault.Stage, fault.OnReusedConnection));
        Assert.Equal(1, server.Connections); // nothing is sent twice
    }

    [Fact]
    public async Task AFreshConnectionThatBreaksBeforeAByte_IsAPlainReset()
    {
        await using var server = new ScriptedServer(async (peer, _) =>
        {
            await peer.ReadRequestAsync();
            peer.Socket.Dispose();
        });
        await using var origin = new HttpOrigin(server.Url, new());
        var fault = (await origin.GetAsync()).Fault;
        Assert.NotNull(fault);
        Assert.Equal((HttpFaultKind.Reset, HttpStage.WaitingForHead, false), (fault.Kind, fault.Stage, fault.OnReusedConnection));
    }

    [Fact]
    public async Task AResetInTheBody_IsAFaultAfterTheBytesBeforeIt()
    {
        var read = new TaskCompletionSource();
        await using var server = new ScriptedServer(async (peer, _) =>
        {
            await peer.ReadRequestAsync();
            await peer.SendAsync(Streaming + "5\r\nhello\r\n");
            await read.Task;
            peer.Reset();
        });
        await using var origin = new HttpOrigin(server.Url, new());
        await using var exchange = (await origin.GetAsync()).Exchange!;
        Assert.Equal("hello", Encoding.Latin1.GetString((await exchange.ReadAsync(default)).Bytes.Span));
        Assert.False(exchange.HasBuffered);
        read.SetResult();
        for (var i = 0; i < 2; i++) // and the same again
        {
            var fault = (await exchange.ReadAsync(default)).Fault;
            Assert.Equal((HttpFaultKind.Reset, HttpStage.Body), (fault?.Kind, fault?.Stage));
        }
    }

    [Fact]
    public async Task NobodyListening_IsConnectFailed()
    {
        int port;
        using (var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        }

        await using var origin = new HttpOrigin(new($"http://localhost:{port}"), new());
        var fault = (await origin.SendAsync(Exchanges.Get, default, TimeSpan.FromSeconds(30), default)).Fault;
        Assert.Equal((HttpFaultKind.ConnectFailed, HttpStage.Connect, "ConnectionRefused"), (fault?.Kind, fault?.Stage, fault?.Reason));
    }

    [Fact]
    public async Task ANameThatDoesNotExist_IsConnectFailed()
    {
        await using var origin = new HttpOrigin(new("http://no-such-host.invalid"), new());
        var fault = (await origin.GetAsync()).Fault;
        Assert.Equal((HttpFaultKind.ConnectFailed, HttpStage.Connect), (fault?.Kind, fault?.Stage));
    }

    [Fact]
    public async Task AName_IsResolvedAndItsAddressesTriedInTurn()
    {
        // localhost may be ::1 first; the server listens on 127.0.0.1 only.
        await using var server = ScriptedServer.Always(Hello);
        await using var origin = new HttpOrigin(new($"http://localhost:{server.Port}"), new());
        Assert.Equal("hello", await origin.GetTextAsync());
    }

    [Fact]
    public async Task DisposedUnread_IsReusedWhereTheWholeBodyHadCome()
    {
        await using var server = ScriptedServer.Always(Hello);
        await using var origin = new HttpOrigin(server.Url, new());
        await (await origin.GetAsync()).Exchange!.DisposeAsync();
        Assert.Equal(1, origin.IdleConnections);
    }

    [Fact]
    public async Task AStreamOfEvents_ArrivesEventByEvent()
    {
        var next = new SemaphoreSlim(0);
        await using var server = new ScriptedServer(async (peer, _) =>
        {
            await peer.ReadRequestAsync();
            await peer.SendAsync(Streaming);
            for (var i = 0; i < 20; i++)
            {
                await next.WaitAsync();
                await peer.SendAsync($"9\r\ndata: {i:00}\n\r\n");
            }

            await peer.SendAsync("0\r\n\r\n");
        });
        await using var origin = new HttpOrigin(server.Url, new());
        await using var exchange = (await origin.GetAsync()).Exchange!;
        Assert.True(exchange.IsChunked);
        for (var i = 0; i < 20; i++)
        {
            Assert.False(exchange.HasBuffered);
            var pending = exchange.ReadAsync(default);
            next.Release();
            Assert.Equal($"data: {i:00}\n", Encoding.Latin1.GetString((await pending).Bytes.Span));
        }

        Assert.True((await exchange.ReadAsync(default)).End);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FiveMegabytesBothWays_ArriveWhole(bool isChunked)
    {
        var body = new byte[5 << 20];
        new Random(7).NextBytes(body);
        await using var server = new ScriptedServer(async (peer, _) =>
        {
            while (await peer.ReadRequestAsync() is { } request)
            {
                var received = Encoding.Latin1.GetBytes(request)[^body.Length..];
                await peer.SendAsync(isChunked ? Streaming + $"{body.Length:x}\r\n" : $"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n");
                await peer.SendAsync(received);
                if (isChunked) await peer.SendAsync("\r\n0\r\n\r\n");
            }
        });
        await using var origin = new HttpOrigin(server.Url, new());
        for (var i = 0; i < 2; i++)
        {
            await using var exchange = (await origin.SendAsync(Exchanges.Post(body.Length), body, Timeout.InfiniteTimeSpan, default)).Exchange!;
            var (echo, fault) = await exchange.ReadToEndAsync();
            Assert.Null(fault);
            Assert.True(body.AsSpan().SequenceEqual(echo));
        }

        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task ARefusalInTheMiddleOfALargeBody_IsReadAllTheSame()
    {
        await using var server = new ScriptedServer(async (peer, _) =>
        {
            await peer.ReceiveAsync(); // some of it
            await peer.SendAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\n{}");
            peer.Socket.Dispose(); // with bytes unread: a reset
        });
        await using var origin = new HttpOrigin(server.Url, new());
        var body = new byte[64 << 20];
        var sent = await origin.SendAsync(Exchanges.Post(body.Length), body, Timeout.InfiniteTimeSpan, default);
        Assert.True(sent.IsAnswered, sent.Fault?.ToString());
        Assert.Equal(413, sent.Exchange.StatusCode);
        Assert.Equal("{}", await sent.Exchange.ReadTextAsync());
        await sent.Exchange.DisposeAsync();
        Assert.Equal(0, origin.IdleConnections);
    }

    [Fact]
    public async Task ABodyThatIsNoArray_IsSentToo()
    {
        using var native = new NativeBytes(100_000);
        await using var server = new ScriptedServer(async (peer, _) =>
        {
            var request = await peer.ReadRequestAsync();
            await peer.SendAsync(request!.EndsWith(new string('n', 100_000), StringComparison.Ordinal) ? Hello : "");
        });
        await using var origin = new HttpOrigin(server.Url, new());
        await using var exchange = (await origin.SendAsync(Exchanges.Post(100_000), native.Memory, Timeout.InfiniteTimeSpan, default)).Exchange!;
        Assert.Equal("hello", await exchange.ReadTextAsync());
    }

    [Fact]
    public async Task AnIdleConnectionPastItsLifetime_IsClosedOnTheNextUse()
    {
        var time = new ManualTime();
        await using var server = ScriptedServer.Always(Hello);
        await using var origin = new HttpOrigin(server.Url, new() { TimeProvider = time });
        Assert.Equal("hello", await origin.GetTextAsync());
        time.Advance(TimeSpan.FromSeconds(89));
        Assert.Equal("hello", await origin.GetTextAsync());
        Assert.Equal(1, server.Connections);
        time.Advance(TimeSpan.FromSeconds(90));
        Assert.Equal("hello", await origin.GetTextAsync());
        Assert.Equal((2, 1), (server.Connections, origin.IdleConnections));
    }

    [Fact]
    public async Task AShorterKeepAliveOfThePeer_GoesFirst()
    {
        var time = new ManualTime();
        await using var server = ScriptedServer.Always("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nKeep-Alive: max=100, timeout=5\r\n\r\nhello");
        await using var origin = new HttpOrigin(server.Url, new() { TimeProvider = time });
        Assert.Equal("hello", await origin.GetTextAsync());
        time.Advance(TimeSpan.FromSeconds(3.9));
        Assert.Equal("hello", await origin.GetTextAsync());
        Assert.Equal(1, server.Connections);
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal("hello", await origin.GetTextAsync());
        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public async Task ADisposedOrigin_ClosesIdleAndReturnedConnections()
    {
        var ends = new SemaphoreSlim(0);
        await using var server = new ScriptedServer(async (peer, _) =>
        {
            while (await peer.ReadRequestAsync() is not null) await peer.SendAsync(Hello);
            ends.Release();
        });
        var origin = new HttpOrigin(server.Url, new());
        var inUse = (await origin.GetAsync()).Exchange!;
        Assert.Equal("hello", await origin.GetTextAsync());
        await origin.DisposeAsync();
        await ends.WaitAsync();
        Assert.Equal("hello", await inUse.ReadTextAsync());
        await inUse.DisposeAsync();
        await ends.WaitAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await origin.GetAsync());
    }

    [Fact]
    public async Task Host_HasAPortOnlyWhereItIsNotTheSchemesOwn()
    {
        Assert.Equal(("a", "a:81", "[::1]:1", "a:80"), (await HostOf("http://a/v1"), await HostOf("http://a:81"), await HostOf("http://[::1]:1"), await HostOf("https://a:80")));
        await Assert.ThrowsAsync<ArgumentException>(() => HostOf("ftp://a"));

        static async Task<string> HostOf(string url)
        {
            await using var origin = new HttpOrigin(new(url), new());
            return Encoding.ASCII.GetString(origin.Host.Span);
        }
    }

    private static async Task<Socket> DialAsync(DnsEndPoint target, List<Socket> opened, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(target, cancellationToken);
        opened.Add(socket);
        return socket;
    }
}
