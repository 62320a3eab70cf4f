using System.Net;
using System.Net.Sockets;
using System.Text;
using Understudy.Http;

namespace Understudy.Tests.Http;

/// <summary>Tokens and clocks: an exchange that is ended from outside ends at once, as a value, and the provider hears of it.</summary>
public sealed class HttpCancellationTests
{
    private const string Hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    private const string Streaming = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

    [Fact]
    public async Task AConnectThatHangs_IsConnectTimeoutOnTheGivenClock()
    {
        var time = new ManualTime();
        var options = new HttpOriginOptions { TimeProvider = time, Connect = HangAsync };
        await using var origin = new HttpOrigin(new("http://127.0.0.1:1"), options);
        var sending = origin.SendAsync(Exchanges.Get, default, TimeSpan.FromSeconds(5), default).AsTask();
        time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(sending.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.1));
        var fault = (await sending).Fault;
        Assert.Equal((HttpFaultKind.ConnectTimeout, HttpStage.Connect), (fault?.Kind, fault?.Stage));
    }

    [Fact]
    public async Task CancelledWhileConnecting_IsCancelled()
    {
        await using var origin = new HttpOrigin(new("http://127.0.0.1:1"), new() { Connect = HangAsync });
        using var source = new CancellationTokenSource();
        var sending = origin.SendAsync(Exchanges.Get, default, TimeSpan.FromSeconds(5), source.Token).AsTask();
        Assert.False(sending.IsCompleted);
        await source.CancelAsync();
        var fault = (await sending).Fault;
        Assert.Equal((HttpFaultKind.Cancelled, HttpStage.Connect), (fault?.Kind, fault?.Stage));
    }

    [Fact]
    public async Task CancelledBefore_CostsNoIdleConnection()
    {
        await using var server = ScriptedServer.Always(Hello);
        await using var origin = new HttpOrigin(server.Url, new());
        Assert.Equal("hello", await origin.GetTextAsync());
        Assert.Equal(HttpFaultKind.Cancelled, (await origin.GetAsync(new(canceled: true))).Fault?.Kind);
        Assert.Equal(1, origin.IdleConnections);
    }

    [Fact]
    public async Task CancelledWhileWaitingForTheHead_IsCancelledAndTheProviderSeesAReset()
    {
        using var source = new CancellationTokenSource();
        var sawReset = new TaskCompletionSource<bool>();
        await using var server = new ScriptedServer(async (peer, _) =>
        {
            await peer.ReadRequestAsync();
            await source.CancelAsync();
            sawReset.SetResult(await peer.WaitForEndAsync());
        });
        await using var origin = new HttpOrigin(server.Url, new());
        var fault = (await origin.GetAsync(source.Token)).Fault;
        Assert.Equal((HttpFaultKind.Cancelled, HttpStage.WaitingForHead), (fault?.Kind, fault?.Stage));
        Assert.True(await sawReset.Task);
        Assert.Equal(0, origin.IdleConnections);
    }

    [Fact]
    public async Task CancelledInTheBody_IsCancelledAndTheProviderSeesAReset()
    {
        using var source = new CancellationTokenSource();
        var sawReset = new TaskCompletionSource<bool>();
        await using var server = new ScriptedServer(async (peer, _) =>
        {
            await peer.ReadRequestAsync();
            await peer.SendAsync(Streaming + "5\r\nhello\r\n");
            sawReset.SetResult(await peer.WaitForEndAsync());
        });
        await using var origin = new HttpOrigin(server.Url, new());
        await using (var exchange = (await origin.GetAsync(source.Token)).Exchange!)
        {
            Assert.Equal(5, (await exchange.ReadAsync(source.Token)).Bytes.Length);
            var pending = exchange.ReadAsync(source.Token).AsTask();
            Assert.False(pending.IsCompleted);
            await source.CancelAsync();
            Assert.Equal((HttpFaultKind.Cancelled, HttpStage.Body), ((await pending).Fault?.Kind, (await pending).Fault?.Stage));
        }

        Assert.True(await sawReset.Task);
        Assert.Equal(0, origin.IdleConnections);
    }

    [Fact]
    public async Task CancelledBetweenReads_TheNextReadSaysSoAndTheConnectionIsNotReused()
    {
        await using var server = ScriptedServer.Always(Hello);
        await using var origin = new HttpOrigin(server.Url, new());
        using var source = new CancellationTokenSource();
        await using (var exchange = (await origin.GetAsync(source.Token)).Exchange!)
        {
            await source.CancelAsync();
            Assert.Equal(HttpFaultKind.Cancelled, (await exchange.ReadAsync(source.Token)).Fault?.Kind);
        }

        Assert.Equal(0, origin.IdleConnections);
    }

    [Fact]
    public async Task ATokenThatFiresAfterTheExchange_LeavesTheConnectionAlone()
    {
        await using var server = ScriptedServer.Always(Hello);
        await using var origin = new HttpOrigin(server.Url, new());
        for (var i = 0; i < 3; i++)
        {
            using var first = new CancellationTokenSource();
            using var second = new CancellationTokenSource();
            var exchange = (await origin.GetAsync(first.Token)).Exchange!;
            await exchange.ReadToEndAsync(second.Token);
            first.Dispose(); // a source disposed early is not one that fired
            await exchange.DisposeAsync();
            await second.CancelAsync();
        }

        Assert.Equal((1, 1), (server.Connections, origin.IdleConnections));
    }

    [Fact]
    public async Task DisposedInTheMiddle_TheProviderSeesAReset()
    {
        var sawReset = new TaskCompletionSource<bool>();
        await using var server = new ScriptedServer(async (peer, _) =>
        {
            await peer.ReadRequestAsync();
            await peer.SendAsync(Streaming + "5\r\nhello\r\n");
            sawReset.SetResult(await peer.WaitForEndAsync());
        });
        await using var origin = new HttpOrigin(server.Url, new());
        var exchange = (await origin.GetAsync()).Exchange!;
        await exchange.ReadAsync(default);
        var pending = exchange.ReadAsync(default).AsTask();
        await exchange.DisposeAsync(); // even during a read
        Assert.Equal(HttpFaultKind.Cancelled, (await pending).Fault?.Kind);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await exchange.ReadAsync(default));
        Assert.True(await sawReset.Task);
    }

    [Fact]
    public async Task CancelledWhileSending_IsCancelled()
    {
        using var source = new CancellationTokenSource();
        await using var server = new ScriptedServer(async (peer, _) =>
        {
            await peer.ReceiveAsync();
            await source.CancelAsync();
        });
        await using var origin = new HttpOrigin(server.Url, new());
        var body = new byte[64 << 20];
        var fault = (await origin.SendAsync(Exchanges.Post(body.Length), body, Timeout.InfiniteTimeSpan, source.Token)).Fault;
        Assert.Equal((HttpFaultKind.Cancelled, HttpStage.Sending), (fault?.Kind, fault?.Stage));
    }

    private static async ValueTask<Socket> HangAsync(DnsEndPoint target, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        throw new InvalidOperationException("not reached");
    }
}
