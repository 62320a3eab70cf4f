using System.Security.Cryptography;
using System.Text;

namespace Understudy.Storage.Sqlite;

/// <summary>Bytes for the disk: with a key sealed by AES-256-GCM, else as they are.</summary>
internal sealed class Seal
{
    private const int NonceLength = 12, TagLength = 16;

    private readonly byte[]? _key;

    /// <param name="secret">The operator's key; null to write plain.</param>
    /// <param name="purpose">What it is for: no two uses have one key.</param>
    public Seal(string? secret, string purpose) => _key = secret is null ? null : Derive(secret, purpose);

    /// <summary>A key for one purpose. The operator gives a random text, not a password: HKDF (RFC 5869) spreads it, it does not slow guessing.</summary>
    public static byte[] Derive(string secret, string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), 32, info: Encoding.UTF8.GetBytes(purpose));

    /// <summary>The bytes, sealed.</summary>
    /// <param name="plain">The bytes.</param>
    /// <param name="bound">What they belong to: under another they can't be opened.</param>
    public byte[] Close(ReadOnlySpan<byte> plain, string bound)
    {
        if (_key is null) return plain.ToArray();
        var closed = new byte[NonceLength + plain.Length + TagLength];
        var nonce = closed.AsSpan(0, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_key, TagLength);
        aes.Encrypt(nonce, plain, closed.AsSpan(NonceLength..^TagLength), closed.AsSpan(closed.Length - TagLength), Encoding.UTF8.GetBytes(bound));
        return closed;
    }

    /// <summary>The bytes again; null where they are of another key, or damaged.</summary>
    public byte[]? Open(byte[] closed, string bound)
    {
        if (_key is null) return closed;
        if (closed.Length < NonceLength + TagLength) return null;
        var plain = new byte[closed.Length - NonceLength - TagLength];
        using var aes = new AesGcm(_key, TagLength);
        try
        {
            aes.Decrypt(closed.AsSpan(0, NonceLength), closed.AsSpan(NonceLength..^TagLength), closed.AsSpan(closed.Length - TagLength), plain, Encoding.UTF8.GetBytes(bound));
            return plain;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
