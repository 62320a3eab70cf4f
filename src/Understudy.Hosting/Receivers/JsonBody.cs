using System.Net.Http.Headers;

namespace Understudy.Hosting.Receivers;

/// <summary>A JSON body of bytes.</summary>
internal static class JsonBody
{
    /// <summary>The body, with its type and length.</summary>
    public static ByteArrayContent Of(ReadOnlySpan<byte> bytes)
    {
        var content = new ByteArrayContent(bytes.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }
}
