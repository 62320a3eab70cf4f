using System.Buffers;
using System.Security.Cryptography;

namespace Understudy.Deferral;

/// <summary>Ids of work and of batches: 128 bits of the system's randomness, for who knows an id has half of what it takes to read an answer.</summary>
public static class WorkIds
{
    /// <summary>What ids of work begin with.</summary>
    public const string Work = "dw_";

    /// <summary>What ids of batches begin with, as at the vendor.</summary>
    public const string Batch = "msgbatch_";

    private const int Bytes = 16;

    private static readonly SearchValues<char> _digits = SearchValues.Create("0123456789abcdef");

    /// <summary>A new number that nobody can guess.</summary>
    public static string Number() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>Whether a text could be an id: anything else need not be looked for.</summary>
    public static bool IsOne(string text, string prefix) =>
        text.Length == prefix.Length + (2 * Bytes) && text.StartsWith(prefix, StringComparison.Ordinal) && !text.AsSpan(prefix.Length).ContainsAnyExcept(_digits);
}
