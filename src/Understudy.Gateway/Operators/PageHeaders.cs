using Microsoft.AspNetCore.Http;

namespace Understudy.Gateway.Operators;

/// <summary>What every page of ours says to the browser besides: nothing foreign, nothing inline, no frame around it, nothing kept.</summary>
internal static class PageHeaders
{
    /// <summary>
    /// Everything from this address alone, the page's own connection included; no script and no style inside the page, no
    /// plug-in, no frame, no form that goes elsewhere.
    /// </summary>
    public const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'";

    /// <summary>Sets them.</summary>
    public static void Set(HttpResponse response)
    {
        var headers = response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin"; // not none: a browser would then send its forms with the origin "null"
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()";
        headers.CacheControl = "no-store";
    }
}
