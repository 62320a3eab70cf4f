using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Understudy.Simulator.Vendors.Gemini;

/// <summary>Signs function calls; the literal that says "from another maker" is taken too.</summary>
internal static class GeminiSignature
{
    private const string ForeignHistory = "skip_thought_signature_validator";

    public static string Sign(string function, ulong seed)
    {
        Span<byte> key = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(key, seed);
        return Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes("gemini:" + function)));
    }

    public static bool IsValid(string function, string signature, ulong seed) =>
        signature == ForeignHistory || signature == Convert.ToBase64String(Encoding.UTF8.GetBytes(ForeignHistory)) || signature == Sign(function, seed);
}
