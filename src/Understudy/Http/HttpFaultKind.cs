namespace Understudy.Http;

/// <summary>What went wrong with an exchange, below the meaning of any status code: a closed set.</summary>
public enum HttpFaultKind
{
    /// <summary>No connection: the name was not found, nobody listens, the proxy refused, or TLS failed.</summary>
    ConnectFailed,

    /// <summary>No connection within the time that the caller gave for connecting.</summary>
    ConnectTimeout,

    /// <summary>The connection broke, or the peer closed it before a single byte of the response.</summary>
    Reset,

    /// <summary>The peer closed the connection inside the head, or before the end that the head had announced.</summary>
    EndedEarly,

    /// <summary>What came is not HTTP/1.x as RFC 9112 says it, or its framing is ambiguous.</summary>
    Protocol,

    /// <summary>The caller's token fired, or the exchange was disposed during a read.</summary>
    Cancelled,
}
