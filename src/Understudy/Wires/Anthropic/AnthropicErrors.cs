using System.Buffers;
using System.Text.Json;

namespace Understudy.Wires.Anthropic;

/// <summary>Our errors in Anthropic's words.</summary>
internal static class AnthropicErrors
{
    public static (int Status, string Type) Of(ClientErrorCause cause) => cause switch
    {
        ClientErrorCause.BadRequest or ClientErrorCause.KeptByVendor or ClientErrorCause.ContextTooLong => (400, "invalid_request_error"),
        ClientErrorCause.Unauthorized => (401, "authentication_error"),
        ClientErrorCause.ModelNotFound or ClientErrorCause.NotFound => (404, "not_found_error"),
        ClientErrorCause.TooLarge => (413, "request_too_large"),
        ClientErrorCause.Declined => (403, "permission_error"), // no library tries that again
        // A spent budget too, as Anthropic says it of a spend limit: applications know what to do with this error, and
        // x-should-retry: false, sent along where the window does not turn soon, ends it at once in every SDK of theirs.
        ClientErrorCause.RateLimited or ClientErrorCause.BudgetSpent => (429, "rate_limit_error"),
        // Not overloaded_error: at that word Claude Code ignores x-should-retry and calls eleven times (measured), on top
        // of all our own tries.
        ClientErrorCause.Overloaded => (529, "api_error"),
        ClientErrorCause.UpstreamKeys or ClientErrorCause.Interrupted or ClientErrorCause.Internal => (500, "api_error"),
        ClientErrorCause.Timeout => (504, "timeout_error"),
    };

    public static int Write(ClientError error, IBufferWriter<byte> output)
    {
        var (status, type) = Of(error.Cause);
        using var json = new Utf8JsonWriter(output, JsonText.Writing);
        json.WriteStartObject();
        json.WriteString("type"u8, "error"u8);
        json.WriteStartObject("error"u8);
        json.WriteString("type"u8, type);
        // Clients know a full context by this wording, and compact the conversation.
        var known = error.Cause != ClientErrorCause.ContextTooLong || error.Message.Contains("prompt is too long", StringComparison.Ordinal);
        json.WriteString("message"u8, known ? error.Message : $"prompt is too long: {error.Message}");
        if (error.Cause == ClientErrorCause.KeptByVendor)
        {
            // At this code Anthropic's tool runner goes on without a thread and sends the whole history with each turn.
            json.WriteStartObject("details"u8);
            json.WriteString("error_code"u8, "thread_unsupported_request"u8);
            json.WriteStartArray("unsupported"u8);
            json.WriteStringValue("thread"u8);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteString("request_id"u8, error.RequestId);
        json.WriteEndObject();
        return status;
    }
}
