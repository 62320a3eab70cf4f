using System.Net;

namespace Understudy.Transport;

/// <summary>The proxy that the environment names (<c>HTTPS_PROXY</c>, <c>HTTP_PROXY</c>, <c>NO_PROXY</c>), read as every .NET program reads it.</summary>
internal static class SystemProxy
{
    /// <summary>The proxy for <paramref name="url"/>; null where it is reached directly. Servers on this machine always are.</summary>
    public static Uri? For(Uri url)
    {
        if (url.IsLoopback || HttpClient.DefaultProxy is WebProxy { Address: null }) return null;
        var proxy = HttpClient.DefaultProxy.IsBypassed(url) ? null : HttpClient.DefaultProxy.GetProxy(url);
        return proxy is { Scheme: "http" } && proxy != url ? proxy : null;
    }
}
