using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Understudy.Simulator.Vendors.Anthropic;

/// <summary>Signs thinking so that the simulator can tell its own from a foreign or a changed one, as the vendor does.</summary>
internal static class ThinkingSignature
{
    public static string Sign(string thinking, ulong seed)
    {
        Span<byte> key = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(key, seed);
        return "Er" + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(thinking)));
    }

    /// <summary>Hidden thinking comes back without its text, and can only be told by its form.</summary>
    public static bool IsValid(string thinking, string signature, ulong seed) =>
        thinking.Length == 0 ? signature.StartsWith("Er", StringComparison.Ordinal) && signature.Length == 46 : signature == Sign(thinking, seed);
}
