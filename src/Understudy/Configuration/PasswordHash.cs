using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Understudy.Configuration;

/// <summary>
/// What a password is checked against: <c>pbkdf2-sha256-v1.ROUNDS.SALT.HASH</c>. The text says how it was made, so that
/// another way, or more rounds, can come later beside it.
/// </summary>
public sealed class PasswordHash
{
    /// <summary>Rounds of PBKDF2 with SHA-256 that one guess must cost (OWASP's number since 2023).</summary>
    public const int LeastRounds = 600_000;

    /// <summary>Rounds beyond which a sign-in would take seconds of a core.</summary>
    public const int MostRounds = 10_000_000;

    /// <summary>Letters of a password beyond which it is no password.</summary>
    public const int LongestPassword = 1024;

    private const string Scheme = "pbkdf2-sha256-v1";
    private const int SaltBytes = 16;
    private const int HashBytes = 32;

    private readonly int _rounds;
    private readonly byte[] _salt;
    private readonly byte[] _hash;

    private PasswordHash(int rounds, byte[] salt, byte[] hash)
    {
        _rounds = rounds;
        _salt = salt;
        _hash = hash;
    }

    /// <summary>A hash of no password: checking against it takes as long as against any other, and never matches.</summary>
    public static PasswordHash OfNobody { get; } = new(LeastRounds, new byte[SaltBytes], []);

    /// <summary>Makes the text for a password, under a salt of its own.</summary>
    /// <param name="password">The password.</param>
    /// <param name="rounds">How much one guess costs. Default <see cref="LeastRounds"/>.</param>
    public static string Make(string password, int rounds = LeastRounds)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return string.Create(CultureInfo.InvariantCulture, $"{Scheme}.{rounds}.{Base64Url.EncodeToString(salt)}.{Base64Url.EncodeToString(Derive(password, salt, rounds))}");
    }

    /// <summary>Reads the text of a hash.</summary>
    /// <param name="text">The text.</param>
    /// <param name="hash">The hash; null where it is none.</param>
    /// <param name="why">Why it is none; without a word of the text, which may be a password.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out PasswordHash? hash, out string why)
    {
        hash = null;
        why = "it has the form pbkdf2-sha256-v1.ROUNDS.SALT.HASH; 'understudy hash-password' makes one";
        var parts = text.Split('.');
        if (parts is not [Scheme, var count, var salt64, var hash64] || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds)) return false;
        if (rounds is < LeastRounds or > MostRounds)
        {
            why = string.Create(CultureInfo.InvariantCulture, $"it has {rounds:N0} rounds: from {LeastRounds:N0} to {MostRounds:N0} are taken");
            return false;
        }

        if (!TryDecode(salt64, out var salt) || salt.Length < SaltBytes || !TryDecode(hash64, out var derived) || derived.Length != HashBytes) return false;
        hash = new(rounds, salt, derived);
        why = "";
        return true;
    }

    /// <summary>Whether it is the hash of this password. Takes a tenth of a second or more of a core: never on the way of a call.</summary>
    public bool Matches(string password) =>
        // Two hashes of different length differ at once, but the work was done by then.
        password.Length <= LongestPassword && CryptographicOperations.FixedTimeEquals(Derive(password, _salt, _rounds), _hash);

    /// <summary>Whether it is the same hash, salt and all: a changed password ends the sessions that it opened.</summary>
    public bool IsSameAs(PasswordHash other) => _rounds == other._rounds && _salt.AsSpan().SequenceEqual(other._salt) && _hash.AsSpan().SequenceEqual(other._hash);

    /// <summary>Says nothing of it.</summary>
    public override string ToString() => "a password's hash";

    private static byte[] Derive(string password, byte[] salt, int rounds) => Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, rounds, HashAlgorithmName.SHA256, HashBytes);

    private static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = [];
        if (!Base64Url.IsValid(text)) return false;
        bytes = Base64Url.DecodeFromChars(text);
        return true;
    }
}
