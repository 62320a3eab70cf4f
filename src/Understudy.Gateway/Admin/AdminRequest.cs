using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Understudy.PolicyFile.Keys;
using Understudy.PolicyFile.Reading;

namespace Understudy.Gateway.Admin;

/// <summary>The body of a request to the admin API: a small JSON object.</summary>
internal static class AdminRequest
{
    /// <summary>Bytes of a body at most, where it holds nothing of people's.</summary>
    public const int MostBytes = 64 * 1024;

    /// <summary>Reads it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="example">What a body looks like, for the error.</param>
    /// <param name="most">Bytes at most.</param>
    /// <returns>The object, or what is wrong with what came.</returns>
    public static async Task<(JsonElement Body, string? Mistake)> ReadAsync(HttpContext context, string example, int most = MostBytes)
    {
        if (context.Request.ContentLength > most) return TooLarge(most);
        // A chunked body tells no length: the server counts it.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = most;
        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, new() { AllowDuplicateProperties = false }, context.RequestAborted);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? (document.RootElement.Clone(), null)
                : (default, $"The body must be a JSON object, as in {example}.");
        }
        catch (JsonException)
        {
            return (default, $"The body is not JSON; expected an object, as in {example}.");
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return TooLarge(most);
        }
    }

    /// <summary>A text of the body's; null where it is not there or no text.</summary>
    public static string? Text(JsonElement body, string name) => body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>What is wrong with a body that has other names than these; null where nothing is.</summary>
    public static string? Unknown(JsonElement body, params string[] known)
    {
        foreach (var property in body.EnumerateObject())
        {
            if (known.Contains(property.Name)) continue;
            return $"'{WrongWord.Shown(property.Name)}' is not known here: {string.Join(", ", known)}{WrongWord.DidYouMean(property.Name, known)}";
        }

        return null;
    }

    /// <summary>Reads <c>until</c>: a duration, or a time to come. Null where there is none.</summary>
    /// <returns>False where it is neither.</returns>
    public static bool TryUntil(JsonElement body, DateTimeOffset now, out DateTimeOffset? until)
    {
        until = null;
        if (Text(body, "until") is not { } text) return true;
        if (DurationText.TryParse(text, out var duration) && duration > TimeSpan.Zero && duration < TimeSpan.FromDays(3650)) until = now + duration;
        else if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) && at > now) until = at;
        return until is not null;
    }

    private static (JsonElement Body, string? Mistake) TooLarge(int most) => (default, $"The body is too large: {most / 1024} KiB at most.");
}
