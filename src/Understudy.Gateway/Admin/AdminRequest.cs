using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Understudy.Gateway.Admin;

/// <summary>The body of a request to the admin API: a small JSON object.</summary>
internal static class AdminRequest
{
    private const int MostBytes = 64 * 1024;

    /// <summary>Reads it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="example">What a body looks like, for the error.</param>
    /// <returns>The object, or what is wrong with what came.</returns>
    public static async Task<(JsonElement Body, string? Mistake)> ReadAsync(HttpContext context, string example)
    {
        if (context.Request.ContentLength > MostBytes) return TooLarge;
        // A chunked body tells no length: the server counts it.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = MostBytes;
        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, new() { AllowDuplicateProperties = false }, context.RequestAborted);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? (document.RootElement.Clone(), null)
                : (default, $"The body must be an object, as in {example}.");
        }
        catch (JsonException)
        {
            return (default, $"The body is not JSON; expected an object, as in {example}.");
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return TooLarge;
        }
    }

    /// <summary>A text of the body's; null where it is not there or no text.</summary>
    public static string? Text(JsonElement body, string name) => body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static (JsonElement Body, string? Mistake) TooLarge => (default, $"The body is too large: {MostBytes / 1024} KiB at most.");
}
