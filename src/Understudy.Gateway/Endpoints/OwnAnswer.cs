using Microsoft.AspNetCore.Http;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Gateway.Endpoints;

/// <summary>Errors of the gateway's own, in the caller's protocol.</summary>
internal static class OwnAnswer
{
    /// <summary>Sends an error in the shape of <paramref name="protocol"/>.</summary>
    public static async Task ErrorAsync(HttpContext context, WireProtocol protocol, ClientErrorCause cause, string message, string requestId, TimeSpan? retryAfter = null)
    {
        using var body = new PooledBuffer();
        var status = Wire.Of(protocol).WriteError(new(cause, message, requestId, retryAfter), body);
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        response.Headers["request-id"] = requestId;
        response.Headers["x-request-id"] = requestId;
        response.Headers["x-understudy-request-id"] = requestId;
        response.Headers["x-understudy-attempts"] = "0";
        response.Headers["x-understudy-degraded"] = "false";
        if (retryAfter is { } wait) response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
        else response.Headers["x-should-retry"] = "false";
        await response.BodyWriter.WriteAsync(body.Written);
    }

    /// <summary>Sends JSON bytes.</summary>
    public static async Task JsonAsync(HttpContext context, ReadOnlyMemory<byte> body, int status = 200)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        await context.Response.BodyWriter.WriteAsync(body);
    }

    /// <summary>Which protocol a caller speaks whose path does not tell: by the vendor's headers.</summary>
    public static WireProtocol Guess(HttpRequest request)
    {
        if (request.Path.StartsWithSegments("/v1beta")) return WireProtocol.Gemini;
        return request.Headers.ContainsKey("anthropic-version") || request.Headers.ContainsKey("x-api-key")
            ? WireProtocol.AnthropicMessages
            : WireProtocol.OpenAIChat;
    }
}
