using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Understudy.Http;

namespace Understudy.Tests.Http;

/// <summary>What lies between the socket and HTTP: TLS, and a proxy's tunnel.</summary>
public sealed class TlsAndProxyTests
{
    private const string Hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

    [Fact]
    public async Task Tls_CarriesExchangesAndTheConnectionIsReused()
    {
        using var certificate = SelfSigned("model.test");
        var seen = new List<(string Host, SslApplicationProtocol Protocol)>();
        await using var server = TlsServer(certificate, (stream, host) => seen.Add((host, stream.NegotiatedApplicationProtocol)), bodyLength: 200_000);
        await using var origin = new HttpOrigin(new($"https://model.test:{server.Port}"), Trusting(certificate, server.Port));
        var body = new byte[300_000];
        new Random(3).NextBytes(body);
        for (var i = 0; i < 3; i++)
        {
            var sent = await origin.SendAsync(Exchanges.Post(body.Length), body, TimeSpan.FromSeconds(30), default);
            Assert.True(sent.IsAnswered, sent.Fault?.ToString());
            await using var exchange = sent.Exchange;
            Assert.Equal(200_000, (await exchange.ReadTextAsync()).Length);
        }

        Assert.Equal(("model.test", SslApplicationProtocol.Http11), Assert.Single(seen));
        Assert.Equal(1, origin.IdleConnections);
    }

    [Fact]
    public async Task ACertificateThatNobodyVouchesFor_IsConnectFailed()
    {
        using var certificate = SelfSigned("model.test");
        await using var server = TlsServer(certificate, (_, _) => { }, bodyLength: 0);
        var options = Trusting(certificate, server.Port) with { CustomizeTls = null };
        await using var origin = new HttpOrigin(new($"https://model.test:{server.Port}"), options);
        var fault = (await origin.GetAsync()).Fault;
        Assert.Equal((HttpFaultKind.ConnectFailed, HttpStage.Connect), (fault?.Kind, fault?.Stage));
        Assert.StartsWith("TLS: ", fault!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APeerThatSpeaksNoTls_IsConnectFailed()
    {
        await using var server = new ScriptedServer(async (peer, _) =>
        {
            await peer.ReceiveAsync();
            await peer.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n");
            peer.Socket.Shutdown(SocketShutdown.Send);
            await peer.WaitForEndAsync();
        });
        await using var origin = new HttpOrigin(new($"https://127.0.0.1:{server.Port}"), new());
        Assert.Equal(HttpFaultKind.ConnectFailed, (await origin.GetAsync()).Fault?.Kind);
    }

    [Fact]
    public async Task CancelledInTheHandshake_IsCancelled()
    {
        using var source = new CancellationTokenSource();
        await using var server = new ScriptedServer(async (peer, _) =>
        {
            await peer.ReceiveAsync();
            await source.CancelAsync();
            await peer.WaitForEndAsync();
        });
        await using var origin = new HttpOrigin(new($"https://127.0.0.1:{server.Port}"), new());
        var fault = (await origin.GetAsync(source.Token)).Fault;
        Assert.Equal((HttpFaultKind.Cancelled, HttpStage.Connect), (fault?.Kind, fault?.Stage));
    }

    [Fact]
    public async Task CancelledInATlsBody_IsCancelled()
    {
        using var certificate = SelfSigned("model.test");
        using var source = new CancellationTokenSource();
        await using var server = TlsServer(certificate, (_, _) => { }, bodyLength: -1);
        await using var origin = new HttpOrigin(new($"https://model.test:{server.Port}"), Trusting(certificate, server.Port));
        await using var exchange = (await origin.GetAsync(source.Token)).Exchange!;
        Assert.Equal("hello", Encoding.Latin1.GetString((await exchange.ReadAsync(source.Token)).Bytes.Span));
        var pending = exchange.ReadAsync(source.Token).AsTask();
        await source.CancelAsync();
        Assert.Equal(HttpFaultKind.Cancelled, (await pending).Fault?.Kind);
    }

    [Fact]
    public async Task AProxy_TunnelsWithItsCredentials()
    {
        var requests = new List<string>();
        await using var proxy = new ScriptedServer(async (peer, _) =>
        {
            requests.Add((await peer.ReadRequestAsync())!);
            await peer.SendAsync("HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n");
            while (await peer.ReadRequestAsync() is { } request)
            {
                requests.Add(request);
                await peer.SendAsync(Hello);
            }
        });
        await using var origin = new HttpOrigin(new("http://far.test/"), new() { Proxy = new($"http://user:p%40ss@127.0.0.1:{proxy.Port}") });
        Assert.Equal("hello", await origin.GetTextAsync());
        Assert.Equal("hello", await origin.GetTextAsync());
        var get = Encoding.ASCII.GetString(Exchanges.Get.Span);
        var basic = Convert.ToBase64String("user:p@ss"u8);
        Assert.Equal([$"CONNECT far.test:80 HTTP/1.1\r\nHost: far.test:80\r\nProxy-Authorization: Basic {basic}\r\n\r\n", get, get], requests);
    }

    [Theory]
    [InlineData("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "the proxy answered 407")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n", "the proxy sent bytes after its answer")]
    [InlineData("SOCKS", "proxy: the answer is not HTTP/1.x")]
    [InlineData("", "the proxy closed the connection")]
    public async Task AProxyThatDoesNotTunnel_IsConnectFailed(string answer, string reason)
    {
        await using var proxy = new ScriptedServer(async (peer, _) =>
        {
            await peer.ReadRequestAsync();
            await peer.SendAsync(answer);
            peer.Socket.Shutdown(SocketShutdown.Send);
            await peer.WaitForEndAsync();
        });
        await using var origin = new HttpOrigin(new("https://far.test/"), new() { Proxy = proxy.Url });
        var fault = (await origin.GetAsync()).Fault;
        Assert.Equal((HttpFaultKind.ConnectFailed, reason), (fault?.Kind, fault?.Reason));
    }

    private static HttpOriginOptions Trusting(X509Certificate2 certificate, int port) => new()
    {
        Connect = async (_, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync("127.0.0.1", port, cancellationToken);
            return socket;
        },
        CustomizeTls = tls => tls.CertificateChainPolicy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { certificate },
            RevocationMode = X509RevocationMode.NoCheck,
        },
    };

    private static ScriptedServer TlsServer(X509Certificate2 certificate, Action<SslStream, string> onHandshake, int bodyLength) => new(async (peer, _) =>
    {
        await using var stream = new SslStream(new NetworkStream(peer.Socket, ownsSocket: false));
        try
        {
            await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate, ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11] });
            onHandshake(stream, stream.TargetHostName);
            var buffer = new byte[400_000];
            var filled = 0;
            while (true)
            {
                var count = await stream.ReadAsync(buffer.AsMemory(filled));
                if (count == 0) return;
                filled += count;
                var text = Encoding.Latin1.GetString(buffer, 0, filled);
                var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
                if (end < 0 || (text.StartsWith("POST", StringComparison.Ordinal) && filled < end + 4 + 300_000)) continue;
                filled = 0;
                var answer = bodyLength < 0
                    ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
                    : $"HTTP/1.1 200 OK\r\nContent-Length: {bodyLength}\r\n\r\n" + new string('x', bodyLength);
                await stream.WriteAsync(Encoding.Latin1.GetBytes(answer));
            }
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
        {
            // The client left.
        }
    });

    private static X509Certificate2 SelfSigned(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }
}
