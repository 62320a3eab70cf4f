using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Understudy.Gateway.Operators;

/// <summary>The fields of the sign-in form, and the proof that the form was ours: a cookie and a field that belong together.</summary>
internal sealed class SignInForm
{
    private const string Cookie = "__Host-understudy-form";
    private const int MostBytes = 16 * 1024;
    private const int NonceBytes = 32;

    private static readonly TimeSpan Lasts = TimeSpan.FromHours(1);

    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(NonceBytes);

    /// <summary>Gives the browser the cookie.</summary>
    /// <returns>The field that belongs to it.</returns>
    public string Prepare(HttpContext context)
    {
        var nonce = context.Request.Cookies[Cookie] is { Length: > 0 and < 100 } known ? known : Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(NonceBytes));
        context.Response.Cookies.Append(Cookie, nonce, SessionCookie.Options(Lasts));
        return Proof(nonce);
    }

    /// <summary>Whether the fields came from our own form, in this browser.</summary>
    public bool IsOurs(HttpContext context, string proof) =>
        OperatorDoor.IsSameOrigin(context.Request) && context.Request.Cookies[Cookie] is { Length: > 0 and < 100 } nonce && OperatorDoor.AreSame(Proof(nonce), proof);

    /// <summary>Reads the fields; null where there is no form, or a huge one.</summary>
    public static async Task<IFormCollection?> ReadAsync(HttpContext context)
    {
        if (!context.Request.HasFormContentType || context.Request.ContentLength > MostBytes) return null;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = MostBytes;
        try
        {
            return await context.Request.ReadFormAsync(context.RequestAborted);
        }
        catch (Exception wrong) when (wrong is BadHttpRequestException or InvalidDataException)
        {
            return null;
        }
    }

    private string Proof(string nonce) => Base64Url.EncodeToString(HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes(nonce)));
}
