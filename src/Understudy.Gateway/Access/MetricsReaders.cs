using Microsoft.AspNetCore.Http;
using Understudy.Configuration;

namespace Understudy.Gateway.Access;

/// <summary>Who may read the metrics: they hold no content, but the names of clients and what each does.</summary>
internal static class MetricsReaders
{
    /// <summary>Whether a caller is one: a program on this machine, the operator's token, or a client's key.</summary>
    public static bool Include(HttpContext context, Policy policy) =>
        Loopback.IsTrusted(context) || AdminToken.IsWith(context.Request, policy) || (policy.Clients.Count > 0 && ClientKeys.TryIdentify(context, policy, out _));
}
