using System.Globalization;
using Microsoft.AspNetCore.Http;
using Understudy.Simulator.Answers;
using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Vendors.Gemini;

/// <summary>Google's Gemini API: keys, errors with their details, the list of models. It tells its waits in the body, not in headers.</summary>
internal sealed class GeminiVendor : IVendor
{
    private static readonly string[] Listed = ["gemini-2.5-pro", "gemini-2.5-flash", "gemini-3-pro-preview", "gemini-3.5-flash"];

    public int OverloadStatus => 503;

    public ICallWire? FindWire(HttpRequest request)
    {
        var path = request.Path.Value ?? "";
        var colon = path.LastIndexOf(':');
        if (colon < 0 || !(path.StartsWith("/v1beta/models/", StringComparison.Ordinal) || path.StartsWith("/v1/models/", StringComparison.Ordinal))) return null;
        return path[(colon + 1)..] switch
        {
            "generateContent" => new GeminiWire(GeminiVerb.Generate),
            "streamGenerateContent" => new GeminiWire(request.Query["alt"] == "sse" ? GeminiVerb.StreamEvents : GeminiVerb.StreamArray),
            "countTokens" => new GeminiWire(GeminiVerb.Count),
            _ => null,
        };
    }

    public ReadOnlyMemory<byte>? Directory(HttpRequest request, SimulatorOptions options)
    {
        var names = options.Models ?? Listed;
        var path = request.Path.Value ?? "/";
        if (path is "/v1beta/models" or "/v1/models")
        {
            return JsonBytes.Object(json =>
            {
                json.WriteStartArray("models");
                foreach (var name in names)
                {
                    json.WriteStartObject();
                    WriteModel(json, name);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            });
        }

        var id = path.StartsWith("/v1beta/models/", StringComparison.Ordinal) ? path["/v1beta/models/".Length..] : null;
        return id is not null && names.Contains(id) ? JsonBytes.Object(json => WriteModel(json, id)) : default(ReadOnlyMemory<byte>?);
    }

    public string? KeyOf(HttpRequest request)
    {
        if (request.Headers["x-goog-api-key"].ToString() is { Length: > 0 } key) return key;
        if (request.Query["key"].ToString() is { Length: > 0 } query) return query;
        var bearer = request.Headers.Authorization.ToString();
        return bearer.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? bearer[7..] : null;
    }

    // A wrong key is a 400 here, a missing one a 403.
    public ApiError WrongKey(string? key) => key is null
        ? new(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.")
        : new(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", "API_KEY_INVALID");

    public ApiError NotJson(string why) => new(400, "INVALID_ARGUMENT", "Invalid JSON payload received. " + why);

    public ApiError NoSuchPath(HttpRequest request) => new(404, "NOT_FOUND", "Requested entity was not found.");

    public ApiError Says(int status, string model, double? retryAfter)
    {
        var wait = (retryAfter ?? 0).ToString("0.###", CultureInfo.InvariantCulture);
        var (name, message, reason) = status switch
        {
            401 => ("UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.", null),
            403 => ("PERMISSION_DENIED", "The caller does not have permission", null),
            404 => ("NOT_FOUND", $"models/{model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.", null),
            429 => ("RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details." + (retryAfter is null ? "" : $" Please retry in {wait}s."), "RATE_LIMIT_EXCEEDED"),
            499 => ("CANCELLED", "The operation was cancelled.", null),
            503 => ("UNAVAILABLE", "The model is overloaded. Please try again later.", null),
            504 => ("DEADLINE_EXCEEDED", "Deadline expired before operation could complete.", null),
            < 500 => ("INVALID_ARGUMENT", "Request contains an invalid argument.", null),
            _ => ("INTERNAL", "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting", null as string),
        };
        return new ApiError(status, name, message, reason, RetryAfter: retryAfter);
    }

    public ReadOnlyMemory<byte> ErrorBody(ApiError error, string requestId) => JsonBytes.Object(json => WriteError(json, error));

    public static void WriteError(System.Text.Json.Utf8JsonWriter json, ApiError error)
    {
        json.WriteStartObject("error");
        json.WriteNumber("code", error.Status);
        json.WriteString("message", error.Message);
        json.WriteString("status", error.Type);
        if (error.Code is not null || error.RetryAfter is not null)
        {
            json.WriteStartArray("details");
            if (error.Code is { } reason)
            {
                json.WriteStartObject();
                json.WriteString("@type", "type.googleapis.com/google.rpc.ErrorInfo");
                json.WriteString("reason", reason);
                json.WriteString("domain", "googleapis.com");
                json.WriteStartObject("metadata");
                json.WriteString("service", "generativelanguage.googleapis.com");
                json.WriteEndObject();
                json.WriteEndObject();
            }

            if (error.RetryAfter is { } seconds)
            {
                json.WriteStartObject();
                json.WriteString("@type", "type.googleapis.com/google.rpc.RetryInfo");
                json.WriteString("retryDelay", seconds.ToString("0.###", CultureInfo.InvariantCulture) + "s");
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    public string NewRequestId(IdSource ids) => ids.Next(22);

    public void Stamp(HttpResponse response, string requestId, AccountLimits limits)
    {
        response.Headers["server-timing"] = "gfet4t7; dur=12";
        response.Headers.Vary = "Origin, X-Origin, Referer";
        response.Headers["x-content-type-options"] = "nosniff";
    }

    private static void WriteModel(System.Text.Json.Utf8JsonWriter json, string name)
    {
        json.WriteString("name", "models/" + name);
        json.WriteString("displayName", name);
        json.WriteNumber("inputTokenLimit", 1_048_576);
        json.WriteNumber("outputTokenLimit", 65_536);
        json.WriteStartArray("supportedGenerationMethods");
        json.WriteStringValue("generateContent");
        json.WriteStringValue("countTokens");
        json.WriteEndArray();
    }
}
