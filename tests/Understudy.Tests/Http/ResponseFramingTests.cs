using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Understudy.Http;

namespace Understudy.Tests.Http;

/// <summary>Where a response begins and ends, however its bytes arrive.</summary>
public sealed class ResponseFramingTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\n";

    public static TheoryData<string, int, string, bool> Whole => new()
    {
        // response, status, body, whether the connection serves on
        { Ok + "Content-Length: 5\r\n\r\nhello", 200, "hello", true },
        { Ok + "content-length:5\r\nX-A: 1\r\nX-B:\t two \r\nX-C:\r\n\r\nhello", 200, "hello", true },
        { Ok + "Content-Length: 0\r\n\r\n", 200, "", true },
        { Ok + "Content-Length: 5, 5\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true },
        { Ok + "Content-Length: 00005\r\n\r\nhello", 200, "hello", true },
        { Ok + "Content-Length: 5\r\nConnection: close\r\n\r\nhello", 200, "hello", false },
        { Ok + "Content-Length: 5\r\nConnection: Upgrade, CLOSE\r\n\r\nhello", 200, "hello", false },
        { "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", false },
        { "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello", 200, "hello", true },
        { "HTTP/1.1 529\r\nContent-Length: 2\r\n\r\n{}", 529, "{}", true },
        { "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}", 200, "{}", true },
        { Ok + "\r\nuntil the end", 200, "until the end", false },
        { Ok + "\r\n", 200, "", false },
        { "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true },
        { "HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n", 204, "", true },
        { "HTTP/1.1 304 Not Modified\r\nContent-Length: 300\r\n\r\n", 304, "", true },
        { "HTTP/1.1 100 Continue\r\n\r\n" + Ok + "Content-Length: 2\r\n\r\n{}", 200, "{}", true },
        { "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n" + Ok + "Content-Length: 2\r\n\r\n{}", 200, "{}", true },
        { Ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200, "hello", true },
        { Ok + "transfer-encoding: Chunked\r\n\r\n0\r\n\r\n", 200, "", true },
        { Ok + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\nA;x=\"y;\"\r\n0123456789\r\n00d  \r\n{\"k\":\"\r\n0\r\n\"}\r\n0;last\r\nX-T: 1\r\nY: 2\r\n\r\n", 200, "a0123456789{\"k\":\"\r\n0\r\n\"}", true },
        // More than was announced belongs to nobody: the answer stands, the connection goes.
        { Ok + "Content-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n", 200, "{}", false },
        { "HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc", 204, "", false },
        { Ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nx", 200, "", false },
    };

    public static TheoryData<string> BadHeads => new()
    {
        "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
        Ok + "Content-Length: 2\n\r\n{}",
        Ok + "Content-Length: 2\r\n\n{}",
        "\r\n" + Ok + "\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.x 200 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 200\tOK\r\n\r\n",
        "HTTP/1.1 200 O\rK\r\n\r\n",
        "HTTP/1.1\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "<html>",
        "{\"error\":1}",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
        Ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        Ok + "Content-Length: 2, 3\r\n\r\n{}",
        Ok + "Content-Length: \r\n\r\n{}",
        Ok + "Content-Length: 2,\r\n\r\n{}",
        Ok + "Content-Length: +2\r\n\r\n{}",
        Ok + "Content-Length: -2\r\n\r\n{}",
        Ok + "Content-Length: 0x2\r\n\r\n{}",
        Ok + "Content-Length: 2 2\r\n\r\n{}",
        Ok + "Content-Length: 99999999999999999999\r\n\r\n{}",
        Ok + "Content-Length: 9223372036854775808\r\n\r\n{}",
        Ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        Ok + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}",
        Ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        Ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        Ok + "Transfer-Encoding: identity\r\n\r\n{}",
        Ok + "Transfer-Encoding: xchunked\r\n\r\n{}",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        Ok + "X-A: 1\r\n folded\r\nContent-Length: 2\r\n\r\n{}",
        Ok + "X-A: 1\r\n\tfolded\r\nContent-Length: 2\r\n\r\n{}",
        Ok + " X-A: 1\r\nContent-Length: 2\r\n\r\n{}",
        Ok + "X-A : 1\r\nContent-Length: 2\r\n\r\n{}",
        Ok + "Content-Length : 2\r\n\r\n{}",
        Ok + ": 1\r\nContent-Length: 2\r\n\r\n{}",
        Ok + "X-A\r\nContent-Length: 2\r\n\r\n{}",
        Ok + "X A: 1\r\nContent-Length: 2\r\n\r\n{}",
        Ok + "X-\u00e4: 1\r\nContent-Length: 2\r\n\r\n{}",
        Ok + "X-A: 1\rContent-Length: 3\r\nContent-Length: 2\r\n\r\n{}",
        Ok + "X-A: 1\0\r\nContent-Length: 2\r\n\r\n{}",
        Ok + "X-A: " + new string('a', 64 * 1024) + "\r\nContent-Length: 2\r\n\r\n{}",
        Ok + "X-A: " + new string('a', 200 * 1024),
        string.Concat(Enumerable.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 3000)) + Ok + "Content-Length: 2\r\n\r\n{}",
    };

    public static TheoryData<string> BadChunks => new()
    {
        "x\r\n",
        "\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "5 5\r\nhello\r\n0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5;a\nhello\r\n0\r\n\r\n",
        "5\rhello\r\n0\r\n\r\n",
        "5;a\rb\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello!\r\n0\r\n\r\n",
        "5\r\nhello\r0\r\n\r\n",
        "5\r\nhello\r\n0\r\n\n",
        "5\r\nhello\r\n0\r\nX: 1\n\r\n",
        "5\r\nhello\r\n0\r\nX: 1\rY\r\n",
        "5\r\nhello\r\n0\r\n\rx",
        "8000000000000000\r\n",
        "10000000000000005\r\nhello\r\n0\r\n\r\n",
        "fffffffffffffffff\r\n",
        new string('0', 5000) + "5\r\nhello\r\n0\r\n\r\n",
        "5;" + new string('a', 5000) + "\r\nhello\r\n0\r\n\r\n",
        "5" + new string(' ', 5000) + "\r\nhello\r\n0\r\n\r\n",
        "0\r\nX: " + new string('a', 70_000) + "\r\n\r\n",
        "0\r\n" + string.Concat(Enumerable.Repeat("X: aaaaaaaaaaaaaaaaaaaa\r\n", 4000)) + "\r\n",
    };

    [Theory]
    [MemberData(nameof(Whole))]
    public async Task AResponseInOnePiece_IsReadAsSent(string response, int status, string body, bool isReusable)
    {
        var told = await Exchanges.TellAsync(response);
        Assert.Null(told.Reason);
        Assert.Equal((status, body, isReusable), (told.Status, told.Body, told.IsReusable));
    }

    [Theory]
    [MemberData(nameof(Whole))]
    public async Task AResponseSplitAtAnyByte_IsReadTheSame(string response, int status, string body, bool isReusable)
    {
        var bytes = Encoding.Latin1.GetBytes(response);
        var whole = await Exchanges.TellAsync([bytes]);
        Assert.Equal((status, body), (whole.Status, whole.Body));
        for (var at = 1; at < bytes.Length; at++)
        {
            var told = await Exchanges.TellAsync([bytes[..at], bytes[at..]]);
            // What follows the end may still be under way, and then the check before reuse finds it: only that may differ.
            Assert.Equal(whole, told with { IsReusable = isReusable });
            if (isReusable) Assert.True(told.IsReusable);
        }
    }

    [Theory]
    [MemberData(nameof(Whole))]
    public async Task AResponseByteByByte_IsReadTheSame(string response, int status, string body, bool isReusable)
    {
        var told = await Exchanges.TellAsync(Encoding.Latin1.GetBytes(response).Select(one => new[] { one }));
        Assert.Null(told.Reason);
        Assert.Equal((status, body), (told.Status, told.Body));
        if (isReusable) Assert.True(told.IsReusable);
    }

    [Theory]
    [MemberData(nameof(BadHeads))]
    public async Task AMalformedHead_IsAProtocolFault(string response)
    {
        var told = await Exchanges.TellAsync(response);
        Assert.Equal((HttpFaultKind.Protocol, HttpStage.WaitingForHead), (told.Fault, told.Stage));
        var bytes = Encoding.Latin1.GetBytes(response);
        if (bytes.Length > 1000) return;
        for (var at = 1; at < bytes.Length; at++)
        {
            Assert.Equal(told, await Exchanges.TellAsync([bytes[..at], bytes[at..]]));
        }
    }

    [Fact]
    public async Task ChunksThatCameTogether_AreOnePiece()
    {
        await using var origin = new HttpOrigin(new("http://a/"), new());
        var connection = new ScriptedConnection(
        [
            Encoding.Latin1.GetBytes(Ok + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n3;x=y\r\nd"),
            "ef\r\n4\r\nghij\r\n0\r\n\r\n"u8.ToArray(),
        ]);
        await using var exchange = new HttpExchange(origin, connection, isHead: false);
        Assert.Null(await exchange.ReadHeadAsync(new(1, System.Net.Sockets.SocketError.Success)));
        Assert.Equal("abcd", Encoding.Latin1.GetString((await exchange.ReadAsync(default)).Bytes.Span));
        Assert.Equal("efghij", Encoding.Latin1.GetString((await exchange.ReadAsync(default)).Bytes.Span));
        Assert.True(exchange.IsAtEnd);
    }

    [Theory]
    [MemberData(nameof(BadChunks))]
    public async Task AMalformedChunk_IsAProtocolFaultAfterTheDataBeforeIt(string body)
    {
        var told = await Exchanges.TellAsync(Ok + "Transfer-Encoding: chunked\r\n\r\n" + body);
        Assert.Equal((HttpFaultKind.Protocol, HttpStage.Body, false), (told.Fault, told.Stage, told.IsReusable));
        Assert.True(told.Body is "" or "hello", told.Body);
        var bytes = Encoding.Latin1.GetBytes(body);
        var head = Encoding.Latin1.GetBytes(Ok + "Transfer-Encoding: chunked\r\n\r\n");
        Assert.Equal(told, await Exchanges.TellAsync([head, .. bytes.Select(one => new[] { one })]));
    }

    [Theory]
    [InlineData("Content-Length: 10\r\n\r\n", "hello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "7\r\nhello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n0\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n0\r\nX: 1\r\n")]
    public async Task ABodyThatStopsBeforeItsEnd_EndedEarly(string fields, string body)
    {
        var told = await Exchanges.TellAsync(Ok + fields + body);
        Assert.Equal((HttpFaultKind.EndedEarly, HttpStage.Body, "hello", false), (told.Fault, told.Stage, told.Body, told.IsReusable));
    }

    [Fact]
    public async Task AHeadCutAnywhere_IsAResetBeforeItsFirstByteAndEndedEarlyAfter()
    {
        const string Response = Ok + "Content-Length: 2\r\n\r\n";
        Assert.Equal((HttpFaultKind.Reset, HttpStage.WaitingForHead), await Cut(0));
        for (var at = 1; at < Response.Length; at++) Assert.Equal((HttpFaultKind.EndedEarly, HttpStage.WaitingForHead), await Cut(at));

        async Task<(HttpFaultKind?, HttpStage?)> Cut(int at)
        {
            var told = await Exchanges.TellAsync(Response[..at]);
            return (told.Fault, told.Stage);
        }
    }

    [Fact]
    public async Task AnAnswerToHead_HasNoBody()
    {
        var told = await Exchanges.TellAsync(Ok + "Content-Length: 500\r\n\r\n", isHead: true);
        Assert.Equal((200, "", true, null), (told.Status, told.Body, told.IsReusable, told.Reason));
        told = await Exchanges.TellAsync(Ok + "Transfer-Encoding: chunked\r\n\r\n", isHead: true);
        Assert.Equal((200, "", true, null), (told.Status, told.Body, told.IsReusable, told.Reason));
    }

    [Theory]
    [InlineData("")]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\n\r\n")]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    [InlineData(Ok + "\r\nhello")]
    public async Task AStreamThatWaits_HoldsNoBuffer(string soFar)
    {
        await using var origin = new HttpOrigin(new("http://a/"), new());
        var connection = new ScriptedConnection([Encoding.Latin1.GetBytes(soFar)]);
        var exchange = new HttpExchange(origin, connection, isHead: false);
        if (await exchange.ReadHeadAsync(new(1, System.Net.Sockets.SocketError.Success)) is null) await exchange.ReadToEndAsync();
        exchange.Abandon();
        Assert.Equal(0, connection.OfferedWhenDry);
    }

    /// <summary>Any body, in any chunks, with any framing dress, in any pieces, comes out as it went in.</summary>
    [Fact]
    public void ChunkingAndSplitting_IsUndone()
    {
        var chunk = Gen.ArrayOf(Gen.Choose(0, 255).Select(b => (byte)b)).Where(data => data.Length > 0);
        var dress = Gen.Elements("", ";a", ";a=b", ";a=\"b;c\"", " ", "\t ;x");
        var chunks = Gen.ArrayOf(Gen.Zip(chunk, dress));
        var cuts = Gen.ArrayOf(Gen.Choose(1, 40));
        var trailers = Gen.Elements("", "X: 1\r\n", "X: 1\r\nY:\r\n");
        var all = Gen.Zip(Gen.Zip(chunks, trailers), cuts).ToArbitrary();
        Prop.ForAll(all, sample =>
        {
            var ((parts, trailer), sizes) = sample;
            var wire = new List<byte>(Encoding.Latin1.GetBytes(Ok + "Transfer-Encoding: chunked\r\n\r\n"));
            foreach (var (data, extension) in parts)
            {
                wire.AddRange(Encoding.Latin1.GetBytes($"{data.Length:X}{extension}\r\n"));
                wire.AddRange(data);
                wire.AddRange("\r\n"u8);
            }

            wire.AddRange(Encoding.Latin1.GetBytes($"0\r\n{trailer}\r\n"));
            // Everything runs on the spot: the scripted connection never waits.
            var told = Exchanges.TellAsync(Pieces([.. wire], sizes)).GetAwaiter().GetResult();
            Assert.Null(told.Reason);
            Assert.Equal(Encoding.Latin1.GetString([.. parts.SelectMany(part => part.Item1)]), told.Body);
            Assert.True(told.IsReusable);
        }).QuickCheckThrowOnFailure();
    }

    private static IEnumerable<byte[]> Pieces(byte[] bytes, int[] sizes)
    {
        var at = 0;
        for (var i = 0; at < bytes.Length; i++)
        {
            var size = Math.Min(sizes.Length == 0 ? bytes.Length : sizes[i % sizes.Length], bytes.Length - at);
            yield return bytes[at..(at + size)];
            at += size;
        }
    }
}
