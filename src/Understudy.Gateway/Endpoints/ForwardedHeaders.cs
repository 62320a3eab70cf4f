using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Understudy.Calls;

namespace Understudy.Gateway.Endpoints;

/// <summary>Which of a client's headers go on to a provider that speaks its protocol: all but these.</summary>
internal static class ForwardedHeaders
{
    // Hop-by-hop (RFC 9110 §7.6.1), what is made anew for the next hop, and the client's keys, which are for us alone.
    // accept-encoding: a compressed answer could not be watched, and a broken one not be continued.
    private static readonly FrozenSet<string> Held = new[]
    {
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
        "upgrade", "host", "content-length", "expect", "accept-encoding", "authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie",
        "http2-settings",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The headers that pass on.</summary>
    /// <param name="headers">What the client sent.</param>
    /// <param name="traceParent">The <c>traceparent</c> to send on in place of the client's; null to let its own through.</param>
    public static HeaderField[] Of(IHeaderDictionary headers, string? traceParent)
    {
        var named = Named(headers.Connection);
        var fields = new HeaderField[headers.Count + (traceParent is null ? 0 : 1)];
        var count = 0;
        if (traceParent is not null) fields[count++] = new("traceparent", traceParent);
        foreach (var (name, values) in headers)
        {
            if (Held.Contains(name) || name.StartsWith("x-understudy-", StringComparison.OrdinalIgnoreCase)) continue;
            if (traceParent is not null && name.Equals("traceparent", StringComparison.OrdinalIgnoreCase)) continue;
            if (named.Length > 0 && named.Contains(name, StringComparer.OrdinalIgnoreCase)) continue;
            for (var i = 0; i < values.Count; i++)
            {
                if (values[i] is not { } value) continue;
                if (count == fields.Length) Array.Resize(ref fields, fields.Length * 2);
                fields[count++] = new(name, value);
            }
        }

        if (count != fields.Length) Array.Resize(ref fields, count);
        return fields;
    }

    /// <summary>The headers that the connection header names: they are for the next hop only, which is us. (Beside a keep-alive Kestrel leaves the others out, and they can't be seen.)</summary>
    private static string[] Named(StringValues connection)
    {
        if (connection.Count == 0 || (connection.Count == 1 && connection[0] is "keep-alive" or "Keep-Alive" or "close")) return [];
        return connection.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }
}
