using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Understudy.Configuration;

namespace Understudy.Gateway.Access;

/// <summary>The operator's bearer token.</summary>
internal static class AdminToken
{
    private const int MostLetters = 4096;

    /// <summary>Whether a request brings it; never where the policy has none.</summary>
    public static bool IsWith(HttpRequest request, Policy policy)
    {
        if (policy.AdminToken is not { Length: > 0 } token) return false;
        if (request.Headers.Authorization is not [{ Length: < MostLetters } given] || !given.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return false;
        // Hashes have one length: the time tells nothing of the token. Headers are read as Latin-1, a character a byte.
        return CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(token)), SHA256.HashData(Encoding.Latin1.GetBytes(given["Bearer ".Length..].Trim())));
    }
}
