using System.Globalization;
using Microsoft.AspNetCore.Http;
using Understudy.Simulator.Answers;
using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Vendors.Anthropic;

/// <summary>Anthropic's API: keys, headers, errors, the list of models.</summary>
internal sealed class AnthropicVendor : IVendor
{
    private static readonly string[] Listed =
        ["claude-opus-5", "claude-sonnet-5", "claude-opus-4-6", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001"];

    private readonly MessagesWire _messages = new(countsOnly: false);
    private readonly MessagesWire _count = new(countsOnly: true);

    public int OverloadStatus => 529;

    public ICallWire? FindWire(HttpRequest request) => request.Path.Value switch
    {
        "/v1/messages" => _messages,
        "/v1/messages/count_tokens" => _count,
        _ => null,
    };

    public ReadOnlyMemory<byte>? Directory(HttpRequest request, SimulatorOptions options)
    {
        var names = options.Models ?? Listed;
        var path = request.Path.Value ?? "/";
        if (path == "/v1/models")
        {
            return JsonBytes.Object(json =>
            {
                json.WriteStartArray("data");
                foreach (var name in names)
                {
                    json.WriteStartObject();
                    WriteModel(json, name);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteBoolean("has_more", false);
                json.WriteString("first_id", names.Count > 0 ? names[0] : null);
                json.WriteString("last_id", names.Count > 0 ? names[^1] : null);
            });
        }

        var id = path.StartsWith("/v1/models/", StringComparison.Ordinal) ? path["/v1/models/".Length..] : null;
        return id is not null && names.Contains(id) ? JsonBytes.Object(json => WriteModel(json, id)) : default(ReadOnlyMemory<byte>?);
    }

    public string? KeyOf(HttpRequest request)
    {
        if (request.Headers["x-api-key"].ToString() is { Length: > 0 } key) return key;
        var bearer = request.Headers.Authorization.ToString();
        return bearer.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? bearer[7..] : null;
    }

    public ApiError WrongKey(string? key) =>
        new(401, "authentication_error", key is null ? "x-api-key header is required" : "invalid x-api-key");

    public ApiError NotJson(string why) => new(400, "invalid_request_error", "The request body is not valid JSON: " + why);

    public ApiError NoSuchPath(HttpRequest request) => new(404, "not_found_error", "Not found");

    public ApiError Says(int status, string model, double? retryAfter)
    {
        var (type, message) = status switch
        {
            400 => ("invalid_request_error", "Error"),
            401 => ("authentication_error", "invalid x-api-key"),
            402 => ("billing_error", "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits."),
            403 => ("permission_error", "Your API key does not have permission to use the specified resource."),
            404 => ("not_found_error", "model: " + model),
            409 => ("conflict_error", "Conflict"),
            413 => ("request_too_large", "Request exceeds the maximum size"),
            429 => ("rate_limit_error", "This request would exceed your account's rate limit. Please try again later."),
            504 => ("timeout_error", "Request timed out"),
            529 => ("overloaded_error", "Overloaded"),
            < 500 => ("invalid_request_error", "Error"),
            _ => ("api_error", "Internal server error"),
        };
        return new ApiError(status, type, message, RetryAfter: retryAfter);
    }

    public ReadOnlyMemory<byte> ErrorBody(ApiError error, string requestId) => JsonBytes.Object(json =>
    {
        json.WriteString("type", "error");
        json.WriteStartObject("error");
        json.WriteString("type", error.Type);
        json.WriteString("message", error.Message);
        json.WriteEndObject();
        json.WriteString("request_id", requestId);
    });

    public string NewRequestId(IdSource ids) => "req_011" + ids.Next(21);

    public void Stamp(HttpResponse response, string requestId, AccountLimits limits)
    {
        var headers = response.Headers;
        headers["request-id"] = requestId;
        headers["anthropic-organization-id"] = "7b4cbe2a-51d6-4bd8-9a53-0f5d2e1c9a77";
        headers["strict-transport-security"] = "max-age=31536000; includeSubDomains; preload";
        var reset = limits.Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        Limit("requests", 4000, Math.Max(0, limits.CallsLeft));
        Limit("tokens", 2_400_000, RoundedTokens(2_400_000));
        Limit("input-tokens", 2_000_000, RoundedTokens(2_000_000));
        Limit("output-tokens", 400_000, RoundedTokens(400_000));

        void Limit(string what, long limit, long left)
        {
            headers[$"anthropic-ratelimit-{what}-limit"] = limit.ToString(CultureInfo.InvariantCulture);
            headers[$"anthropic-ratelimit-{what}-remaining"] = left.ToString(CultureInfo.InvariantCulture);
            headers[$"anthropic-ratelimit-{what}-reset"] = reset;
        }

        // what is left is told in thousands
        long RoundedTokens(long limit) => Math.Clamp(limits.TokensLeft / 1000 * 1000, 0, limit);
    }

    private static void WriteModel(System.Text.Json.Utf8JsonWriter json, string name)
    {
        json.WriteString("type", "model");
        json.WriteString("id", name);
        json.WriteString("display_name", name);
        json.WriteString("created_at", "2026-02-05T00:00:00Z");
    }
}
