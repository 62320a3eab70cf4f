using System.Text;

namespace Understudy.Transport;

/// <summary>Headers that concern one connection only (RFC 9110 §7.6.1), and those that the next hop makes itself.</summary>
internal static class HopByHop
{
    /// <summary>Whether a header does not pass on.</summary>
    public static bool Covers(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 => Ascii.EqualsIgnoreCase(name, "te"u8),
        7 => Ascii.EqualsIgnoreCase(name, "trailer"u8) || Ascii.EqualsIgnoreCase(name, "upgrade"u8),
        10 => Ascii.EqualsIgnoreCase(name, "connection"u8) || Ascii.EqualsIgnoreCase(name, "keep-alive"u8),
        14 => Ascii.EqualsIgnoreCase(name, "content-length"u8),
        16 => Ascii.EqualsIgnoreCase(name, "proxy-connection"u8),
        17 => Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8),
        18 => Ascii.EqualsIgnoreCase(name, "proxy-authenticate"u8),
        19 => Ascii.EqualsIgnoreCase(name, "proxy-authorization"u8),
        _ => name.Length > 13 && Ascii.EqualsIgnoreCase(name[..13], "x-understudy-"u8),
    };
}
