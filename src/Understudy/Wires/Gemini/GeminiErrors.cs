using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Understudy.Wires.Gemini;

/// <summary>Our errors in Gemini's words.</summary>
internal static class GeminiErrors
{
    public static (int Status, string Name) Of(ClientErrorCause cause) => cause switch
    {
        ClientErrorCause.BadRequest or ClientErrorCause.KeptByVendor or ClientErrorCause.ContextTooLong or ClientErrorCause.TooLarge => (400, "INVALID_ARGUMENT"),
        ClientErrorCause.Unauthorized => (400, "INVALID_ARGUMENT"), // so does Google; the reason API_KEY_INVALID tells it apart
        ClientErrorCause.ModelNotFound or ClientErrorCause.NotFound => (404, "NOT_FOUND"),
        ClientErrorCause.RateLimited or ClientErrorCause.BudgetSpent => (429, "RESOURCE_EXHAUSTED"),
        ClientErrorCause.Declined => (403, "PERMISSION_DENIED"),
        ClientErrorCause.Overloaded => (503, "UNAVAILABLE"),
        ClientErrorCause.UpstreamKeys or ClientErrorCause.Interrupted or ClientErrorCause.Internal => (500, "INTERNAL"),
        ClientErrorCause.Timeout => (504, "DEADLINE_EXCEEDED"),
    };

    public static int Write(ClientError error, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, JsonText.Writing);
        json.WriteStartObject();
        WriteError(json, error);
        json.WriteEndObject();
        return Of(error.Cause).Status;
    }

    /// <summary>The <c>error</c> member.</summary>
    public static void WriteError(Utf8JsonWriter json, ClientError error)
    {
        var (status, name) = Of(error.Cause);
        json.WriteStartObject("error"u8);
        json.WriteNumber("code"u8, status);
        json.WriteString("message"u8, error.Message);
        json.WriteString("status"u8, name);
        json.WriteStartArray("details"u8);
        if (error.Cause == ClientErrorCause.Unauthorized)
        {
            json.WriteStartObject();
            json.WriteString("@type"u8, "type.googleapis.com/google.rpc.ErrorInfo"u8);
            json.WriteString("reason"u8, "API_KEY_INVALID"u8);
            json.WriteEndObject();
        }

        if (error.Cause == ClientErrorCause.BudgetSpent)
        {
            // gemini-cli gives up at a daily quota, and would try any other again.
            json.WriteStartObject();
            json.WriteString("@type"u8, "type.googleapis.com/google.rpc.QuotaFailure"u8);
            json.WriteStartArray("violations"u8);
            json.WriteStartObject();
            json.WriteString("quotaId"u8, "UnderstudyBudgetPerDay"u8);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        else if (error.RetryAfter is { } wait)
        {
            // Gemini's clients look for the wait here and not in a header.
            json.WriteStartObject();
            json.WriteString("@type"u8, "type.googleapis.com/google.rpc.RetryInfo"u8);
            json.WriteString("retryDelay"u8, string.Create(CultureInfo.InvariantCulture, $"{wait.TotalSeconds:0.###}s"));
            json.WriteEndObject();
        }

        json.WriteStartObject();
        json.WriteString("@type"u8, "type.googleapis.com/google.rpc.RequestInfo"u8);
        json.WriteString("requestId"u8, error.RequestId);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
