using System.Text.Json;
using Understudy.Deferral;

namespace Understudy.Gateway.Deferred;

/// <summary>Batches in the vendor's words.</summary>
internal static class BatchJson
{
    /// <summary>Writes a batch.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="view">The batch.</param>
    /// <param name="resultsUrl">Where its results are.</param>
    public static void Write(Utf8JsonWriter json, BatchView view, string resultsUrl)
    {
        json.WriteStartObject();
        json.WriteString("id", view.Batch.Id);
        json.WriteString("type", "message_batch");
        json.WriteString("processing_status", view.EndedAt is not null ? "ended" : view.CancelledAt is not null ? "canceling" : "in_progress");
        json.WriteStartObject("request_counts");
        json.WriteNumber("processing", view.Count(DeferredState.Waiting) + view.Count(DeferredState.Running));
        json.WriteNumber("succeeded", view.Count(DeferredState.Done));
        json.WriteNumber("errored", view.Count(DeferredState.Failed));
        json.WriteNumber("canceled", view.Count(DeferredState.Cancelled));
        json.WriteNumber("expired", view.Count(DeferredState.Expired));
        json.WriteEndObject();
        Time("ended_at", view.EndedAt);
        Time("created_at", view.Batch.MadeAt);
        Time("expires_at", view.Batch.Deadline);
        Time("archived_at", null);
        Time("cancel_initiated_at", view.CancelledAt);
        if (view.EndedAt is null) json.WriteNull("results_url");
        else json.WriteString("results_url", resultsUrl);
        json.WriteEndObject();

        void Time(string name, DateTimeOffset? at)
        {
            if (at is { } known) json.WriteString(name, known.ToUniversalTime());
            else json.WriteNull(name);
        }
    }

    /// <summary>Writes one result as a line.</summary>
    public static void Write(Utf8JsonWriter json, BatchResult result)
    {
        json.WriteStartObject();
        json.WriteString("custom_id", result.CustomIdSensitive);
        json.WriteStartObject("result");
        var answer = result.AnswerSensitive;
        switch (result.State)
        {
            case DeferredState.Done when answer is not null:
                json.WriteString("type", "succeeded");
                Raw("message", answer.BodySensitive);
                break;
            case DeferredState.Cancelled:
                json.WriteString("type", "canceled");
                break;
            case DeferredState.Expired:
                json.WriteString("type", "expired");
                break;
            default:
                json.WriteString("type", "errored");
                Raw("error", answer?.BodySensitive ?? """{"type":"error","error":{"type":"api_error","message":"What came of it can't be read any more: it is sealed under another key."}}"""u8.ToArray());
                break;
        }

        json.WriteEndObject();
        json.WriteEndObject();

        void Raw(string name, ReadOnlyMemory<byte> value)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(OnOneLine(value.Span), skipInputValidation: true);
        }
    }

    /// <summary>A line break can stand between tokens only, and would end the line.</summary>
    private static ReadOnlySpan<byte> OnOneLine(ReadOnlySpan<byte> json)
    {
        if (!json.ContainsAny((byte)'\n', (byte)'\r')) return json;
        var line = json.ToArray();
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        line.AsSpan().Replace((byte)'\r', (byte)' ');
        return line;
    }
}
