using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Understudy.Wires;

/// <summary>
/// Reads the error bodies of all protocols. One reader for all, because servers mix the forms: Mistral and old vLLM
/// leave the <c>error</c> wrapper out, llama.cpp and Gemini give the code as a number, Gemini's proxies wrap the whole in
/// an array, Ollama says <c>{"error":"text"}</c>, and a CDN answers HTML.
/// </summary>
internal static class ErrorBody
{
    private const int MaxMessage = 2000;
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    /// <summary>The error in a body, whatever the body is. A body that is not JSON becomes the message, cut.</summary>
    public static UpstreamError Read(ReadOnlySpan<byte> body)
    {
        if (TryRead(body) is { } error) return error;
        var text = Encoding.UTF8.GetString(body[..Math.Min(body.Length, MaxMessage)]).Trim();
        return new(null, null, text.Length == 0 ? null : text, null);
    }

    /// <summary>The error in a JSON body; null where it is no JSON or no error.</summary>
    public static UpstreamError? TryRead(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body, new() { AllowTrailingCommas = true });
            using var document = JsonDocument.ParseValue(ref reader);
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // the second: a name that holds half a surrogate pair, or bytes that are no text
        }
    }

    private static UpstreamError? Read(JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Array) return root.GetArrayLength() > 0 ? Read(root[0]) : null;
        if (root.ValueKind != JsonValueKind.Object) return null;
        var error = root;
        if (root.TryGetProperty("error", out var inner))
        {
            if (inner.ValueKind == JsonValueKind.String) return new(null, null, JsonText.TextOf(inner), DelayInText(JsonText.TextOf(inner)));
            if (inner.ValueKind == JsonValueKind.Object) error = inner;
            else if (inner.ValueKind == JsonValueKind.Null) return null;
        }
        else if (!IsBareError(root))
        {
            return null;
        }

        var message = Text(error, "message") ?? Text(root, "message") ?? Text(root, "detail");
        var type = Text(error, "status") is { } status && !error.TryGetProperty("type", out _) ? status : Text(error, "type");
        var code = Text(error, "code");
        TimeSpan? delay = null;
        if (error.TryGetProperty("details", out var details)) ReadDetails(details, ref code, ref delay);
        return new(type, code, message, delay ?? DelayInText(message));
    }

    /// <summary>Mistral and old vLLM: <c>{"object":"error","message",…}</c>; FastAPI: <c>{"detail":"…"}</c>.</summary>
    private static bool IsBareError(JsonElement root) =>
        Text(root, "object") == "error" || Text(root, "type") == "error"
        || (root.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String && (root.TryGetProperty("code", out _) || root.TryGetProperty("type", out _)))
        || root.TryGetProperty("detail", out _);

    private static void ReadDetails(JsonElement details, ref string? code, ref TimeSpan? delay)
    {
        // Anthropic: details.error_code tells a spent limit from a short wait.
        if (details.ValueKind == JsonValueKind.Object) code = Text(details, "error_code") ?? code;
        if (details.ValueKind != JsonValueKind.Array) return;
        string? reason = null, quota = null;
        foreach (var detail in details.EnumerateArray())
        {
            if (detail.ValueKind != JsonValueKind.Object) continue;
            var kind = Text(detail, "@type") ?? "";
            if (kind.EndsWith("RetryInfo", StringComparison.Ordinal)) delay = ParseDelay(Text(detail, "retryDelay")) ?? delay;
            else if (kind.EndsWith("ErrorInfo", StringComparison.Ordinal)) reason = Text(detail, "reason") ?? reason;
            else if (kind.EndsWith("QuotaFailure", StringComparison.Ordinal)) quota = QuotaId(detail) ?? quota;
        }

        // In whatever order they stand: a day's quota that is gone says more than the reason beside it.
        code = quota is not null && (reason is null || NamesDay(quota)) ? quota : reason ?? code;
    }

    private static bool NamesDay(string quota) => quota.Contains("PerDay", StringComparison.Ordinal) || quota.Contains("Daily", StringComparison.Ordinal);

    /// <summary>Gemini's quota id: one that names a day is an outage of the key, not a wait.</summary>
    private static string? QuotaId(JsonElement failure)
    {
        if (!failure.TryGetProperty("violations", out var violations) || violations.ValueKind != JsonValueKind.Array) return null;
        string? id = null;
        foreach (var violation in violations.EnumerateArray())
        {
            if (violation.ValueKind != JsonValueKind.Object || Text(violation, "quotaId") is not { } found) continue;
            if (NamesDay(found)) return found;
            id ??= found;
        }

        return id;
    }

    private static string? Text(JsonElement element, string name) =>
        !element.TryGetProperty(name, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? JsonText.TextOf(value)
        : value.ValueKind == JsonValueKind.Number ? value.GetRawText()
        : null;

    /// <summary>"Please try again in 1.2s", "Please retry in 350ms", "…in 6m0s".</summary>
    private static TimeSpan? DelayInText(string? message)
    {
        if (message is null) return null;
        foreach (var lead in (ReadOnlySpan<string>)["try again in ", "retry in "])
        {
            var at = message.IndexOf(lead, StringComparison.OrdinalIgnoreCase);
            if (at >= 0) return ParseDelay(message.AsSpan(at + lead.Length));
        }

        return null;
    }

    /// <summary>A duration as Go writes it: <c>34.4s</c>, <c>20ms</c>, <c>6m0s</c>, <c>1h2m3s</c>; reads as far as it understands.</summary>
    internal static TimeSpan? ParseDelay(ReadOnlySpan<char> text)
    {
        var total = TimeSpan.Zero;
        var any = false;
        while (!text.IsEmpty)
        {
            var digits = text.IndexOfAnyExcept(Digits);
            if (digits <= 0 || !double.TryParse(text[..digits].TrimEnd('.'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) break;
            text = text[digits..];
            var (unit, length) = text switch
            {
                ['m', 's', ..] => (0.001, 2),
                ['h', ..] => (3600, 1),
                ['m', ..] => (60, 1),
                ['s', ..] => (1.0, 1),
                _ => (0, 0),
            };
            if (length == 0) break;
            if (number * unit > 365 * 86400.0) return null;
            total += TimeSpan.FromSeconds(number * unit);
            any = true;
            text = text[length..];
        }

        return any ? total : null;
    }
}
