using System.Text;
using Understudy.Http;

namespace Understudy.Tests.Http;

/// <summary>What the tests of exchanges share: requests, and reading a body to its end.</summary>
internal static class Exchanges
{
    public static readonly ReadOnlyMemory<byte> Get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray();

    public static ReadOnlyMemory<byte> Post(long length) => Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");

    public static ValueTask<HttpSendResult> GetAsync(this HttpOrigin origin, CancellationToken cancellationToken = default) =>
        origin.SendAsync(Get, default, Timeout.InfiniteTimeSpan, cancellationToken);

    public static async Task<(byte[] Body, HttpFault? Fault)> ReadToEndAsync(this HttpExchange exchange, CancellationToken cancellationToken = default)
    {
        var body = new MemoryStream();
        while (true)
        {
            var read = await exchange.ReadAsync(cancellationToken);
            if (read.Fault is not null || read.End) return (body.ToArray(), read.Fault);
            Assert.False(read.Bytes.IsEmpty);
            body.Write(read.Bytes.Span);
        }
    }

    public static async Task<string> ReadTextAsync(this HttpExchange exchange)
    {
        var (body, fault) = await exchange.ReadToEndAsync();
        Assert.Null(fault);
        return Encoding.Latin1.GetString(body);
    }

    /// <summary>Sends, reads all, disposes: a whole exchange that must succeed.</summary>
    public static async Task<string> GetTextAsync(this HttpOrigin origin)
    {
        var sent = await origin.GetAsync();
        Assert.True(sent.IsAnswered, sent.Fault?.ToString());
        await using var exchange = sent.Exchange;
        return await exchange.ReadTextAsync();
    }

    /// <summary>The outcome of a response that arrives in exactly these pieces and then ends.</summary>
    public static async Task<Told> TellAsync(IEnumerable<byte[]> pieces, bool isHead = false)
    {
        var origin = new HttpOrigin(new("http://a/"), new());
        using var connection = new Closing(new ScriptedConnection(pieces));
        var exchange = new HttpExchange(origin, connection.Connection, isHead);
        var fault = await exchange.ReadHeadAsync(new(1, System.Net.Sockets.SocketError.Success));
        if (fault is not null)
        {
            exchange.Abandon();
            Assert.True(connection.Connection.IsClosed);
            return new(0, "", "", fault.Kind, fault.Stage, fault.Reason, false);
        }

        var headers = "";
        foreach (var (name, value) in exchange.Headers) headers += $"{Encoding.Latin1.GetString(name)}={Encoding.Latin1.GetString(value)};";
        var (body, broken) = await exchange.ReadToEndAsync();
        var later = "";
        foreach (var (name, value) in exchange.Headers) later += $"{Encoding.Latin1.GetString(name)}={Encoding.Latin1.GetString(value)};";
        Assert.Equal(headers, later);
        await exchange.DisposeAsync();
        Assert.NotEqual(connection.Connection.IsClosed, origin.IdleConnections == 1);
        return new(exchange.StatusCode, headers, Encoding.Latin1.GetString(body), broken?.Kind, broken?.Stage, broken?.Reason, origin.IdleConnections == 1);
    }

    public static Task<Told> TellAsync(string response, bool isHead = false) => TellAsync([Encoding.Latin1.GetBytes(response)], isHead);

    /// <summary>Everything that a caller can learn of a response.</summary>
    internal sealed record Told(int Status, string Headers, string Body, HttpFaultKind? Fault, HttpStage? Stage, string? Reason, bool IsReusable);

    internal sealed class Closing(ScriptedConnection connection) : IDisposable
    {
        public ScriptedConnection Connection { get; } = connection;

        public void Dispose() => Connection.Close();
    }
}
