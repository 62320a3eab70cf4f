using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Understudy.Wires;

/// <summary>
/// Tool call ids. Every rule is a pure function of what the client resends anyway, so nothing has to be remembered: the
/// same id gives the same result on both sides of a pair, in every turn, on every gateway, and prompt caches keep hitting.
/// </summary>
internal static class ToolIds
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>OpenAI took 40 characters before it took 64; 40 fits everyone.</summary>
    private const int MaxLength = 40;

    /// <summary>An id for a call that came without one.</summary>
    public static string Mint(ReadOnlySpan<byte> answerId, int call) =>
        "call" + Base62($"{Encoding.UTF8.GetString(answerId)}#{call}", 16);

    /// <summary>An id that Anthropic, OpenAI and Bedrock all take: letters, digits, <c>_</c> and <c>-</c>, at most 40. One that is so already is left alone.</summary>
    public static string Common(string id) => IsCommon(id) ? id : "call" + Base62(id, 16);

    /// <summary>An id as Mistral wants it: exactly nine letters or digits.</summary>
    public static string Nine(string id) => id.Length == 9 && id.All(char.IsAsciiLetterOrDigit) ? id : Base62(id, 9);

    private static bool IsCommon(string id)
    {
        if (id.Length is 0 or > MaxLength) return false;
        foreach (var c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-')) return false;
        }

        return true;
    }

    /// <summary>A hash of a text in letters and digits.</summary>
    public static string Base62(string text, int length)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return string.Create(length, (BinaryPrimitives.ReadUInt64BigEndian(hash), BinaryPrimitives.ReadUInt64BigEndian(hash[8..])), static (span, halves) =>
        {
            var (a, b) = halves;
            for (var i = 0; i < span.Length; i++)
            {
                ref var half = ref i % 2 == 0 ? ref a : ref b;
                span[i] = Digits[(int)(half % 62)];
                half /= 62;
            }
        });
    }
}
