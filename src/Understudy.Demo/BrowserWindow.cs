using System.ComponentModel;
using System.Diagnostics;

namespace Understudy.Demo;

/// <summary>The visitor's own browser.</summary>
internal static class BrowserWindow
{
    /// <summary>Opens an address in it, where there is one.</summary>
    public static void Open(Uri address)
    {
        try
        {
            using var opened = Process.Start(new ProcessStartInfo(address.ToString()) { UseShellExecute = true });
        }
        catch (Exception none) when (none is Win32Exception or InvalidOperationException or PlatformNotSupportedException)
        {
            // No browser here: the address stands on the terminal.
        }
    }
}
