using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Understudy.Http;

/// <summary>How an <see cref="HttpOrigin"/> connects and what it keeps.</summary>
public sealed record HttpOriginOptions
{
    /// <summary>How many idle connections are kept; the oldest makes room. Default 256.</summary>
    public int MaxIdle { get; init; } = 256;

    /// <summary>
    /// How long an idle connection may wait for its next request. Default 90 seconds. A shorter <c>Keep-Alive: timeout=</c>
    /// of the peer goes first.
    /// </summary>
    public TimeSpan IdleLifetime { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>The clock of idle lifetimes and connect timeouts. Default the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>
    /// The proxy, <c>http://[user:password@]host:port</c>: every connection is tunnelled through it with CONNECT, for
    /// http and for https. Default none; no environment variable is read here.
    /// </summary>
    public Uri? Proxy { get; init; }

    /// <summary>Opens the TCP connection instead of DNS and a socket of our own. Default none.</summary>
    public Func<DnsEndPoint, CancellationToken, ValueTask<Socket>>? Connect { get; init; }

    /// <summary>Changes the TLS options after the defaults were set: a private authority, a client certificate. Default none; ignored for http.</summary>
    public Action<SslClientAuthenticationOptions>? CustomizeTls { get; init; }
}
