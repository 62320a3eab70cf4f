using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Understudy.Gateway.Operators;

/// <summary>The cookie that carries a session's key.</summary>
/// <remarks>
/// Always <c>Secure</c>, which browsers also keep from <c>http://127.0.0.1</c> and <c>http://localhost</c>; from any other
/// address without TLS they drop it, and that is meant. The port is in the name: browsers tell hosts apart, but not ports.
/// </remarks>
internal static class SessionCookie
{
    /// <summary>The key that a browser sent; null for none.</summary>
    public static string? Read(HttpContext context) => context.Request.Cookies[Name(context)];

    /// <summary>Gives the browser a key.</summary>
    public static void Write(HttpContext context, string key) => context.Response.Cookies.Append(Name(context), key, Options(SessionTable.Lasts));

    /// <summary>Takes it back.</summary>
    public static void Delete(HttpContext context) => context.Response.Cookies.Append(Name(context), "", Options(TimeSpan.Zero));

    /// <summary>How every cookie of ours is written.</summary>
    public static CookieOptions Options(TimeSpan lasts) => new()
    {
        Secure = true,
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Path = "/",
        MaxAge = lasts,
    };

    private static string Name(HttpContext context) => string.Create(CultureInfo.InvariantCulture, $"__Host-understudy-{context.Connection.LocalPort}");
}
