using System.Buffers;
using System.Text.Json;

namespace Understudy.Wires;

/// <summary>Our errors in OpenAI's words: Chat and Responses share them.</summary>
internal static class OpenAIErrors
{
    public static (int Status, string Type, string? Code) Of(ClientErrorCause cause) => cause switch
    {
        ClientErrorCause.BadRequest or ClientErrorCause.KeptByVendor => (400, "invalid_request_error", null),
        ClientErrorCause.ContextTooLong => (400, "invalid_request_error", "context_length_exceeded"),
        ClientErrorCause.Unauthorized => (401, "invalid_request_error", "invalid_api_key"),
        ClientErrorCause.ModelNotFound => (404, "invalid_request_error", "model_not_found"),
        ClientErrorCause.NotFound => (404, "invalid_request_error", null),
        ClientErrorCause.TooLarge => (413, "invalid_request_error", null),
        ClientErrorCause.RateLimited => (429, "requests", "rate_limit_exceeded"),
        // As OpenAI itself says it; x-should-retry: false goes along, so that no SDK that reads it tries again.
        ClientErrorCause.BudgetSpent => (429, "insufficient_quota", "insufficient_quota"),
        ClientErrorCause.Declined => (403, "invalid_request_error", "declined"),
        ClientErrorCause.Overloaded => (503, "server_error", null),
        ClientErrorCause.UpstreamKeys or ClientErrorCause.Internal => (500, "server_error", null),
        ClientErrorCause.Interrupted => (500, "server_error", "upstream_interrupted"),
        ClientErrorCause.Timeout => (504, "server_error", "timeout"),
    };

    public static int Write(ClientError error, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, JsonText.Writing);
        json.WriteStartObject();
        WriteError(json, error);
        json.WriteEndObject();
        var status = Of(error.Cause).Status;
        if (!error.IsOpenAIDotNet) return status;
        // It reads no x-should-retry, but leaves these two alone (measured).
        return status >= 500 ? 529 : error.Cause == ClientErrorCause.BudgetSpent ? 402 : status;
    }

    /// <summary>The <c>error</c> member.</summary>
    public static void WriteError(Utf8JsonWriter json, ClientError error)
    {
        var (_, type, code) = Of(error.Cause);
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, error.Message);
        json.WriteString("type"u8, type);
        json.WriteNull("param"u8);
        json.WriteString("code"u8, code);
        json.WriteEndObject();
    }
}
