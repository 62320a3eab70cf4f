using System.Globalization;
using System.Net;

namespace Understudy.PolicyFile.Reading;

/// <summary>An address and a port to listen on.</summary>
/// <param name="Text">As <c>host:port</c>.</param>
/// <param name="IsLoopback">Whether only this machine can reach it.</param>
/// <param name="Port">The port; 0 for any free one.</param>
internal sealed record ListenAddress(string Text, bool IsLoopback, int Port)
{
    /// <summary>The address; or null and why not.</summary>
    public static ListenAddress? Read(string text, out string? why)
    {
        why = null;
        var trimmed = text.Trim();
        if (trimmed.Contains("://", StringComparison.Ordinal))
        {
            why = "write only the address and the port, without 'http://'";
            return null;
        }
        var colon = trimmed.LastIndexOf(':');
        var host = colon < 0 ? "" : trimmed[..colon];
        if (colon < 0 || (host.Contains(':', StringComparison.Ordinal) && !host.StartsWith('[')))
        {
            why = "write an address and a port, as in '127.0.0.1:4600' or '[::1]:4600'";
            return null;
        }
        if (!int.TryParse(trimmed[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > 65535)
        {
            why = "the port is a number from 0 (any free one) to 65535";
            return null;
        }
        if (host is "" or "*" or "+") return new($"0.0.0.0:{port}", IsLoopback: false, port);
        if (string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)) return new($"localhost:{port}", IsLoopback: true, port);
        if (IPAddress.TryParse(host.Trim('[', ']'), out var address)) return new($"{host}:{port}", IPAddress.IsLoopback(address), port);
        why = "a gateway listens on an address of its own machine: an IP address, localhost, or 0.0.0.0 for all";
        return null;
    }
}
