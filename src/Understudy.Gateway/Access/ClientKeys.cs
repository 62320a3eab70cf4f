using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
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

        // A tool may send its vendor's key in one header and ours in another: any of them counts.
        var headers = context.Request.Headers;
        if (headers.TryGetValue("x-api-key", out var anthropic) && anthropic.Count == 1) client ??= Find(policy, anthropic[0]);
        if (headers.Authorization is [{ } authorization] && authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            client ??= Find(policy, authorization.AsSpan("Bearer ".Length).Trim());
        }

        if (headers.TryGetValue("x-goog-api-key", out var google) && google.Count == 1) client ??= Find(policy, google[0]);
        if (headers.TryGetValue("api-key", out var azure) && azure.Count == 1) client ??= Find(policy, azure[0]);
        if (context.Request.Query.TryGetValue("key", out var query) && query.Count == 1) client ??= Find(policy, query[0]);
        return client is not null;
    }

    /// <summary>
    /// Who calls, as far as a retry must be known as the same caller's: the client's name; without client keys what it sent
    /// as its vendor's key, and together with that its session. It goes nowhere: it is only ever compared.
    /// </summary>
    public static string CallerSensitive(HttpContext context, ClientModel? client)
    {
        var headers = context.Request.Headers;
        var caller = client?.Name ?? "";
        if (client is null)
        {
            caller = With(caller, headers["x-api-key"]);
            caller = With(caller, headers.Authorization);
            caller = With(caller, headers["x-goog-api-key"]);
            caller = With(caller, headers["api-key"]);
            if (context.Request.QueryString.HasValue) caller = With(caller, context.Request.Query["key"]);
        }

        return With(caller, headers["x-understudy-session"]);
    }

    private static string With(string caller, StringValues value) =>
        value.Count == 0 ? caller : caller.Length == 0 ? value.ToString() : $"{caller}\n{value}";

    /// <summary>The query without the key that Gemini's clients put there: it is for us alone.</summary>
    public static string WithoutKey(QueryString query)
    {
        if (query.Value is not { Length: > 1 } text) return "";
        if (!text.Contains("key=", StringComparison.OrdinalIgnoreCase)) return text;
        var kept = text[1..].Split('&').Where(part => !part.StartsWith("key=", StringComparison.OrdinalIgnoreCase));
        return string.Join('&', kept) is { Length: > 0 } rest ? "?" + rest : "";
    }

    private static ClientModel? Find(Policy policy, ReadOnlySpan<char> key)
    {
        Span<byte> bytes = stackalloc byte[1024];
        if (key.IsEmpty || key.Length > bytes.Length) return null;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        // Headers are read as Latin-1, a character a byte: these are the bytes that came.
        SHA256.HashData(bytes[..Encoding.Latin1.GetBytes(key, bytes)], hash);
        // Every client is compared, hit or not: the time must not tell how many there are before the right one.
        ClientModel? found = null;
        foreach (var candidate in policy.Clients)
        {
            if (CryptographicOperations.FixedTimeEquals(candidate.KeyHash.Span, hash)) found = candidate;
        }

        return found;
    }
}
