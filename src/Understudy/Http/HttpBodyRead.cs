namespace Understudy.Http;

/// <summary>One step through a response body: a piece, or the end, or a fault. Exactly one of the three.</summary>
public readonly struct HttpBodyRead
{
    internal HttpBodyRead(ReadOnlyMemory<byte> bytes) => Bytes = bytes;

    internal HttpBodyRead(HttpFault fault) => Fault = fault;

    private HttpBodyRead(bool end) => End = end;

    internal static HttpBodyRead AtEnd => new(end: true);

    /// <summary>The next bytes of the body, without chunk framing; empty at the end and at a fault. Valid until the next read or dispose.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Whether the body ended as its head had announced. Comes alone, without bytes.</summary>
    public bool End { get; }

    /// <summary>What broke the body off; null where nothing did. All bytes before it were handed out.</summary>
    public HttpFault? Fault { get; }
}
