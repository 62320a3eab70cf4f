using System.Buffers.Binary;

namespace Understudy.Caching;

/// <summary>What two calls must have in common for one answer to serve both: 32 bytes of SHA-256.</summary>
public readonly record struct CacheKey(UInt128 High, UInt128 Low)
{
    /// <summary>The length in bytes.</summary>
    public const int Length = 32;

    /// <summary>A key from its bytes.</summary>
    public static CacheKey From(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]));

    /// <summary>Its bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(16), Low);
        return bytes;
    }

    /// <summary>Nothing: a guessed prompt could be checked against it.</summary>
    public override string ToString() => "(cache key)";
}
