using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
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
    public static HeaderField[] Of(IHeaderDictionary headers)
    {
        var fields = new HeaderField[headers.Count];
        var count = 0;
        foreach (var (name, values) in headers)
        {
            if (Held.Contains(name) || name.StartsWith("x-understudy-", StringComparison.OrdinalIgnoreCase)) continue;
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
}
