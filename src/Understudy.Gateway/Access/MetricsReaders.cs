using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Understudy.Configuration;

namespace Understudy.Gateway.Access;

/// <summary>Who may read the metrics: they hold no content, but the names of clients and what each does.</summary>
internal static class MetricsReaders
{
    /// <summary>Whether a caller is one: a program on this machine, the operator's token, or a client's key.</summary>
    public static bool Include(HttpContext context, Policy policy) =>
        Loopback.IsTrusted(context) || HasAdminToken(context, policy) || (policy.Clients.Count > 0 && ClientKeys.TryIdentify(context, policy, out _));

    private static bool HasAdminToken(HttpContext context, Policy policy)
    {
        if (policy.AdminToken is not { Length: > 0 } token) return false;
        if (context.Request.Headers.Authorization is not [{ } given] || !given.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return false;
        // Hashes have one length: the time tells nothing of the token. Headers are read as Latin-1, a character a byte.
        return CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(token)), SHA256.HashData(Encoding.Latin1.GetBytes(given["Bearer ".Length..].Trim())));
    }
}
