using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Understudy.Configuration;

namespace Understudy.Gateway.Access;

/// <summary>Who is calling: reads the vendors' key headers and compares with the clients of the policy.</summary>
internal static class ClientKeys
{
    /// <summary>Finds the client that a request's key belongs to.</summary>
    /// <returns>Whether the caller may go on; without any clients in the policy only callers on this machine may.</returns>
    public static bool TryIdentify(HttpContext context, Policy policy, out ClientModel? client)
    {
        client = null;
        if (policy.Clients.Count == 0) return Loopback.IsTrusted(context);

        var key = KeyOf(context.Request);
        if (key.IsEmpty) return false;
        Span<byte> bytes = stackalloc byte[1024];
        if (Encoding.UTF8.GetMaxByteCount(key.Length) > bytes.Length) return false;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(key, bytes)], hash);
        // Every client is compared, hit or not: the time must not tell how many there are before the right one.
        for (var i = 0; i < policy.Clients.Count; i++)
        {
            var candidate = policy.Clients[i];
            if (CryptographicOperations.FixedTimeEquals(candidate.KeyHash.Span, hash)) client = candidate;
        }

        return client is not null;
    }

    /// <summary>The key in whichever of the vendors' headers it came, or in Gemini's query parameter.</summary>
    private static ReadOnlySpan<char> KeyOf(HttpRequest request)
    {
        var headers = request.Headers;
        if (headers.TryGetValue("x-api-key", out var anthropic) && anthropic.Count == 1) return anthropic[0];
        if (headers.Authorization is [{ } authorization] && authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return authorization.AsSpan("Bearer ".Length).Trim();
        }

        if (headers.TryGetValue("x-goog-api-key", out var google) && google.Count == 1) return google[0];
        if (headers.TryGetValue("api-key", out var azure) && azure.Count == 1) return azure[0];
        return request.Query.TryGetValue("key", out var query) && query.Count == 1 ? query[0] : default(ReadOnlySpan<char>);
    }
}
