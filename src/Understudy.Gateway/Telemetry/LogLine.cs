using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Understudy.Calls;
using Understudy.Failures;
using Understudy.Hosting.Telemetry;
using Understudy.Observation;

namespace Understudy.Gateway.Telemetry;

/// <summary>One line of the log. It shows names, numbers and kinds; never a prompt, an answer or a key.</summary>
internal static class LogLine
{
    /// <summary>A log is no web page: quotes and letters beyond ASCII stay as they are.</summary>
    private static readonly JsonWriterOptions AsItIs = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Words from elsewhere are cut here.</summary>
    private const int LongestText = 400;

    /// <summary>A call that has ended, as JSON.</summary>
    public static void Json(PooledBuffer into, CallRecord call, TargetLabels labels)
    {
        using (var json = new Utf8JsonWriter(into, AsItIs))
        {
            Head(json, call.StartedAt + call.Duration, LevelOf(call.Outcome), "call");
            json.WriteString("request_id", call.Id);
            if (call.Span is { } span)
            {
                json.WriteString("trace_id", span.TraceId.ToHexString());
                json.WriteString("span_id", span.SpanId.ToHexString());
            }

            if (call.Client is { } client) json.WriteString("client", client);
            json.WriteString("route", call.Route);
            json.WriteString("use_case", call.UseCase);
            json.WriteString("protocol", call.Protocol.ToString());
            if (SafeNames.AskedModel(call) is { } model) json.WriteString("model", model);
            json.WriteBoolean("stream", call.Stream);
            json.WriteString("outcome", Words.Of(call.Outcome));
            json.WriteString("served_by", labels.ServedBy(call));
            if (call.Continued) json.WriteBoolean("continued", true);
            if (call.AskedPerson) json.WriteBoolean("asked_person", true);
            json.WriteNumber("duration_ms", Milliseconds(call.Duration));
            if (call.FirstContent is { } first) json.WriteNumber("first_token_ms", Milliseconds(first));
            json.WriteNumber("request_bytes", call.RequestBytes);
            if (!call.Usage.IsUnknown)
            {
                json.WriteNumber("input_tokens", call.Usage.Input);
                json.WriteNumber("output_tokens", call.Usage.Output);
            }

            if (call.Failure is { } failure) Failure(json, failure);
            Attempts(json, call, labels);
            json.WriteEndObject();
        }

        into.Append("\n"u8);
    }

    /// <summary>Something that happened, as JSON.</summary>
    public static void Json(PooledBuffer into, Happening happening)
    {
        using (var json = new Utf8JsonWriter(into, AsItIs))
        {
            Head(json, happening.At, LevelOf(happening), happening.Kind);
            json.WriteString("subject", Short(happening.Subject));
            json.WriteString("text", Short(happening.Text));
            json.WriteEndObject();
        }

        into.Append("\n"u8);
    }

    /// <summary>A call that has ended, for people.</summary>
    public static void Text(PooledBuffer into, CallRecord call, TargetLabels labels)
    {
        var line = new StringBuilder();
        line.Append(CultureInfo.InvariantCulture, $"{call.StartedAt + call.Duration:HH:mm:ss} ");
        if (LevelOf(call.Outcome) == "error") line.Append("ERROR ");
        line.Append(Words.Of(call.Outcome).Replace('_', ' '));
        if (call.ServedBy is not null) line.Append(" by ").Append(labels.ServedBy(call));
        line.Append(" in ").Append(Span(call.Duration));
        if (call is { Stream: true, FirstContent: { } first }) line.Append(", first word after ").Append(Span(first));
        if (!call.Usage.IsUnknown) line.Append(CultureInfo.InvariantCulture, $", {call.Usage.Input}+{call.Usage.Output} tokens");
        if (call.Continued) line.Append(", cut and continued");
        if (call.AskedPerson) line.Append(", a person was asked");
        if (call.Failure is { } failure && call.Attempts.Count == 0) line.Append(": ").Append(failure.Reason);
        var separator = ": ";
        foreach (var attempt in call.Attempts)
        {
            if (attempt.Failure is not { } left) continue;
            line.Append(separator).Append(labels.Of(call, attempt).Target).Append(' ').Append(FailureWords.Of(left.Kind));
            if (left.Status != 0) line.Append(CultureInfo.InvariantCulture, $" ({left.Status})");
            separator = ", ";
        }

        if (call.Client is { } client) line.Append("; ").Append(client);
        line.Append("; ").Append(call.Route).Append("; ").Append(call.Id);
        Line(into, line);
    }

    /// <summary>Something that happened, for people.</summary>
    public static void Text(PooledBuffer into, Happening happening) =>
        Line(into, new StringBuilder().Append(CultureInfo.InvariantCulture, $"{happening.At:HH:mm:ss} {Short(happening.Text)}"));

    private static void Head(Utf8JsonWriter json, DateTimeOffset at, string level, string kind)
    {
        json.WriteStartObject();
        json.WriteString("time", at.UtcDateTime);
        json.WriteString("level", level);
        json.WriteString("event", kind);
    }

    private static void Failure(Utf8JsonWriter json, Failure failure)
    {
        json.WriteString("error", Words.Of(failure.Kind));
        json.WriteString("why", Short(failure.Reason));
        if (failure.Status != 0) json.WriteNumber("status", failure.Status);
        json.WriteBoolean("retry_may_help", failure.Traits.RetryHere || failure.Traits.TryElsewhere);
    }

    private static void Attempts(Utf8JsonWriter json, CallRecord call, TargetLabels labels)
    {
        json.WriteStartArray("attempts");
        foreach (var attempt in call.Attempts)
        {
            json.WriteStartObject();
            json.WriteString("target", labels.Of(call, attempt).Target);
            json.WriteBoolean("sent", attempt.Sent);
            json.WriteNumber("duration_ms", Milliseconds(attempt.Duration));
            if (attempt.Failure is { } failure) Failure(json, failure);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Failures are errors; what is less than was asked for is a warning.</summary>
    private static string LevelOf(CallOutcome outcome) => outcome switch
    {
        CallOutcome.Failed or CallOutcome.Running => "error",
        CallOutcome.Degraded or CallOutcome.Deferred or CallOutcome.Refused => "warning",
        CallOutcome.Answered or CallOutcome.ClientError or CallOutcome.Cancelled => "info",
    };

    private static string LevelOf(Happening happening) => happening.Kind switch
    {
        "bug" => "error",
        "breaker" or "lost" => "warning",
        _ => "info",
    };

    /// <summary>A line is one line: a name may hold anything, a line break too.</summary>
    private static void Line(PooledBuffer into, StringBuilder line)
    {
        for (var i = 0; i < line.Length; i++)
        {
            if (char.IsControl(line[i])) line[i] = ' ';
        }

        into.Append(Encoding.UTF8.GetBytes(line.Append('\n').ToString()));
    }

    private static string Short(string text) => text.Length <= LongestText ? text : text[..LongestText] + "…";

    private static double Milliseconds(TimeSpan span) => Math.Round(span.TotalMilliseconds, 1);

    private static string Span(TimeSpan span) => span.TotalSeconds < 10
        ? span.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture) + " s"
        : span.TotalSeconds.ToString("0", CultureInfo.InvariantCulture) + " s";
}
