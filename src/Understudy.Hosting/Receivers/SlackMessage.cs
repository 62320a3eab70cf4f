using System.Net;
using System.Text.Json;
using Understudy.Alarms;
using Understudy.Calls;
using Understudy.Configuration;

namespace Understudy.Hosting.Receivers;

/// <summary>A message for Slack's incoming webhooks: <c>text</c> for notifications, <c>blocks</c> for the channel.</summary>
internal static class SlackMessage
{
    /// <summary>Slack cuts a section's text at 3,000 characters by refusing it.</summary>
    private const int LongestText = 2900;

    private const int LongestHeader = 150;
    private const int MostAlarms = 10;

    /// <summary>The request.</summary>
    public static HttpRequestMessage Request(SlackReceiver receiver, AlarmMessage message)
    {
        using var buffer = new PooledBuffer();
        using (var json = new Utf8JsonWriter(buffer)) Write(json, message);
        return new(HttpMethod.Post, receiver.Url) { Content = JsonBody.Of(buffer.Written.Span) };
    }

    /// <summary>Slack says <c>ok</c> with a 200; a webhook that was taken away is a 404 or 410 and will not come back.</summary>
    public static Delivery Judge(HttpResponseMessage response) => response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone or HttpStatusCode.Forbidden
        ? new($"it answered {(int)response.StatusCode}: the webhook was taken away", IsFinal: true)
        : Deliveries.Judge(response);

    private static void Write(Utf8JsonWriter json, AlarmMessage message)
    {
        var title = $"{Sign(message)} {message.Cause}: {Word(message)}";
        json.WriteStartObject();
        json.WriteString("text", Escaped($"{title}: {message.Summary}"));
        json.WriteStartArray("blocks");
        json.WriteStartObject();
        json.WriteString("type", "header");
        json.WriteStartObject("text");
        json.WriteString("type", "plain_text");
        json.WriteString("text", Cut(title, LongestHeader));
        json.WriteBoolean("emoji", true);
        json.WriteEndObject();
        json.WriteEndObject();
        Section(json, $"*{Escaped(message.Summary)}*");
        var lines = message.Alarms.Take(MostAlarms).Select(alarm => $"• `{alarm.Id}` {alarm.State.Word()}: {Escaped(alarm.Text)}");
        Section(json, string.Join('\n', lines) + (message.Alarms.Count > MostAlarms ? $"\n… and {message.Alarms.Count - MostAlarms} more" : ""));
        if (message.Kind is not (AlarmMessageKind.Resolve or AlarmMessageKind.Acknowledge))
        {
            json.WriteStartObject();
            json.WriteString("type", "context");
            json.WriteStartArray("elements");
            json.WriteStartObject();
            json.WriteString("type", "mrkdwn");
            json.WriteString("text", "Acknowledge it in the control room, or by `POST /admin/alerts/{id}/ack`, and it is not told again.");
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Section(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString("type", "section");
        json.WriteStartObject("text");
        json.WriteString("type", "mrkdwn");
        json.WriteString("text", Cut(text, LongestText));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string Sign(AlarmMessage message) => message.Kind switch
    {
        AlarmMessageKind.Resolve => ":large_green_circle:",
        AlarmMessageKind.Acknowledge => ":eyes:",
        AlarmMessageKind.Trigger or AlarmMessageKind.Update or AlarmMessageKind.Repeat or AlarmMessageKind.Escalate => message.Severity == AlarmSeverity.Critical ? ":red_circle:" : ":large_yellow_circle:",
    };

    private static string Word(AlarmMessage message) => message.Kind switch
    {
        AlarmMessageKind.Resolve => "over",
        AlarmMessageKind.Acknowledge => "acknowledged",
        AlarmMessageKind.Trigger or AlarmMessageKind.Update or AlarmMessageKind.Repeat or AlarmMessageKind.Escalate => AlarmWords.Of(message.Severity),
    };

    /// <summary>Slack's three control characters.</summary>
    private static string Escaped(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    private static string Cut(string text, int most) => text.Length <= most ? text : text[..(most - 1)] + "…";
}
