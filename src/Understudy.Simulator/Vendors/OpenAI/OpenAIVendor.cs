using System.Globalization;
using Microsoft.AspNetCore.Http;
using Understudy.Simulator.Answers;
using Understudy.Simulator.Serving;

namespace Understudy.Simulator.Vendors.OpenAI;

/// <summary>OpenAI's API: keys, headers, errors, the list of models. The paths are served with and without <c>/v1</c>.</summary>
internal sealed class OpenAIVendor(bool chatOnly) : IVendor
{
    private static readonly string[] Listed = ["gpt-5", "gpt-5-mini", "gpt-5.5", "gpt-4.1", "gpt-4o", "gpt-4o-mini", "o3", "o4-mini"];

    private readonly ChatWire _chat = new();
    private readonly ResponsesWire _responses = new(countsOnly: false);
    private readonly ResponsesWire _inputTokens = new(countsOnly: true);

    public int OverloadStatus => 503;

    public ICallWire? FindWire(HttpRequest request) => Path(request) switch
    {
        "/chat/completions" => _chat,
        "/responses" when !chatOnly => _responses,
        "/responses/input_tokens" when !chatOnly => _inputTokens,
        _ => null,
    };

    public ReadOnlyMemory<byte>? Directory(HttpRequest request, SimulatorOptions options)
    {
        var names = options.Models ?? Listed;
        var path = Path(request);
        if (path == "/models")
        {
            return JsonBytes.Object(json =>
            {
                json.WriteString("object", "list");
                json.WriteStartArray("data");
                foreach (var name in names)
                {
                    json.WriteStartObject();
                    WriteModel(json, name);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            });
        }

        var id = path.StartsWith("/models/", StringComparison.Ordinal) ? path["/models/".Length..] : null;
        return id is not null && names.Contains(id) ? JsonBytes.Object(json => WriteModel(json, id)) : default(ReadOnlyMemory<byte>?);
    }

    public string? KeyOf(HttpRequest request)
    {
        var bearer = request.Headers.Authorization.ToString();
        if (bearer.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return bearer[7..];
        return request.Headers["api-key"].ToString() is { Length: > 0 } key ? key : null; // Azure's header
    }

    public ApiError WrongKey(string? key) => key is null
        ? new(401, "invalid_request_error", "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the API from your browser and are prompted for a username and password. You can obtain an API key from https://platform.openai.com/account/api-keys.")
        : new(401, "invalid_request_error", $"Incorrect API key provided: {Masked(key)}. You can find your API key at https://platform.openai.com/account/api-keys.", "invalid_api_key");

    public ApiError NotJson(string why) => new(400, "invalid_request_error",
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.) " + why);

    // Codex tries a WebSocket first and falls back at once on 426.
    public ApiError NoSuchPath(HttpRequest request) => request.Headers.Upgrade.Count > 0
        ? new(426, "invalid_request_error", "WebSocket connections are not served here.")
        : new(404, "invalid_request_error", $"Invalid URL ({request.Method} {request.Path})");

    public ApiError Says(int status, string model, double? retryAfter)
    {
        var (type, code, message) = status switch
        {
            401 => ("invalid_request_error", "invalid_api_key", "Incorrect API key provided: sk-***. You can find your API key at https://platform.openai.com/account/api-keys."),
            402 => ("insufficient_quota", "insufficient_quota", "You exceeded your current quota, please check your plan and billing details."),
            403 => ("request_forbidden", "unsupported_country_region_territory", "Country, region, or territory not supported"),
            404 => ("invalid_request_error", "model_not_found", $"The model `{model}` does not exist or you do not have access to it."),
            429 => ("requests", "rate_limit_exceeded", $"Rate limit reached for {model} in organization org-understudy on requests per min (RPM): Limit 10000, Used 10000, Requested 1. Please try again in {Wait(retryAfter)}. Visit https://platform.openai.com/account/rate-limits to learn more."),
            503 => ("server_error", null, "The server is currently overloaded with other requests. Sorry about that! You can retry your request, or contact us through our help center at help.openai.com if the error persists."),
            < 500 => ("invalid_request_error", null, "The request could not be processed."),
            _ => ("server_error", null as string, "The server had an error while processing your request. Sorry about that!"),
        };
        return new ApiError(status, type, message, code, RetryAfter: retryAfter);
    }

    public ReadOnlyMemory<byte> ErrorBody(ApiError error, string requestId) => JsonBytes.Object(json => WriteError(json, error));

    /// <summary>The <c>error</c> member of a body or of a chunk.</summary>
    public static void WriteError(System.Text.Json.Utf8JsonWriter json, ApiError error)
    {
        json.WriteStartObject("error");
        json.WriteString("message", error.Message);
        json.WriteString("type", error.Type);
        json.WriteString("param", error.Param);
        json.WriteString("code", error.Code);
        json.WriteEndObject();
    }

    public string NewRequestId(IdSource ids) => "req_" + ids.NextHex();

    public void Stamp(HttpResponse response, string requestId, AccountLimits limits)
    {
        var headers = response.Headers;
        headers["x-request-id"] = requestId;
        headers["openai-organization"] = "org-understudy";
        headers["openai-processing-ms"] = "12";
        headers["openai-version"] = "2020-10-01";
        headers["x-ratelimit-limit-requests"] = "4000";
        headers["x-ratelimit-limit-tokens"] = "2400000";
        headers["x-ratelimit-remaining-requests"] = limits.CallsLeft.ToString(CultureInfo.InvariantCulture);
        headers["x-ratelimit-remaining-tokens"] = limits.TokensLeft.ToString(CultureInfo.InvariantCulture);
        headers["x-ratelimit-reset-requests"] = "6ms"; // durations, not times
        headers["x-ratelimit-reset-tokens"] = "0s";
    }

    private static string Path(HttpRequest request)
    {
        var path = request.Path.Value ?? "/";
        if (path.StartsWith("/openai/", StringComparison.Ordinal)) return AzurePaths.Plain(path, request.Query.ContainsKey("api-version"));
        return path.StartsWith("/v1/", StringComparison.Ordinal) ? path[3..] : path;
    }

    private static string Masked(string key) => key.Length < 12 ? "***" : $"{key[..4]}***{key[^4..]}";

    private static string Wait(double? seconds) => seconds is { } some and >= 1
        ? some.ToString("0.###", CultureInfo.InvariantCulture) + "s"
        : ((int)((seconds ?? 0.02) * 1000)).ToString(CultureInfo.InvariantCulture) + "ms";

    private static void WriteModel(System.Text.Json.Utf8JsonWriter json, string name)
    {
        json.WriteString("id", name);
        json.WriteString("object", "model");
        json.WriteNumber("created", 1754000000);
        json.WriteString("owned_by", "system");
    }
}
