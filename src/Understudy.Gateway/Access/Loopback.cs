using System.Net;
using Microsoft.AspNetCore.Http;

namespace Understudy.Gateway.Access;

/// <summary>Whether a caller without a key may be trusted: only programs on this machine.</summary>
internal static class Loopback
{
    /// <summary>
    /// The connection must come from this machine, and must have been meant for it: a page in a browser whose name was
    /// pointed at 127.0.0.1 (DNS rebinding), or a foreign page's script, is on this machine too.
    /// </summary>
    public static bool IsTrusted(HttpContext context)
    {
        var remote = context.Connection.RemoteIpAddress;
        if (remote is not null && !IPAddress.IsLoopback(remote)) return false;
        if (!IsLocalName(context.Request.Host.Host)) return false;
        var origin = context.Request.Headers.Origin;
        return origin.Count == 0 || (Uri.TryCreate(origin[0], UriKind.Absolute, out var from) && IsLocalName(from.Host));
    }

    private static bool IsLocalName(string host) =>
        host.Length == 0
        || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.AsSpan().Trim("[]"), out var address) && IPAddress.IsLoopback(address));
}
