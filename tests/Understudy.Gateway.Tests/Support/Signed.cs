using System.Text;

namespace Understudy.Gateway.Tests.Support;

/// <summary>An operator who has signed in, as a browser holds it: a cookie, and the proof that a page of ours asks.</summary>
internal sealed class Signed
{
    private readonly Uri _url;
    private readonly string _cookie;
    private string _proof = "";

    private Signed(Uri url, string cookie) => (_url, _cookie) = (url, cookie);
}
