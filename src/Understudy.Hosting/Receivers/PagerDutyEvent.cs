using System.Text;
using System.Text.Json;
using Understudy.Alarms;
using Understudy.Calls;
using Understudy.Configuration;

namespace Understudy.Hosting.Receivers;

/// <summary>
/// An event for PagerDuty's Events API v2. One <c>dedup_key</c> for all messages of a cause: a repetition updates the
/// incident that is open, and a resolve closes it.
/// </summary>
internal static class PagerDutyEvent
{
    private const int LongestKey = 255;
    private const int LongestSummary = 1024;

    /// <summary>The request.</summary>
    public static HttpRequestMessage Request(PagerDutyReceiver receiver, AlarmMessage message)
    {
        using var buffer = new PooledBuffer();
        using (var json = new Utf8JsonWriter(buffer)) Write(json, receiver, message);
        return new(HttpMethod.Post, receiver.Url) { Content = JsonBody.Of(buffer.Written.Span) };
    }

    private static void Write(Utf8JsonWriter json, PagerDutyReceiver receiver, AlarmMessage message)
    {
        var action = message.Kind switch
        {
            AlarmMessageKind.Trigger or AlarmMessageKind.Update or AlarmMessageKind.Repeat or AlarmMessageKind.Escalate => "trigger",
            AlarmMessageKind.Acknowledge => "acknowledge",
            AlarmMessageKind.Resolve => "resolve",
        };
        json.WriteStartObject();
        json.WriteString("routing_key", receiver.RoutingKey);
        json.WriteString("event_action", action);
        json.WriteString("dedup_key", Key(message.Key));
        json.WriteString("client", "understudy");
        json.WriteStartObject("payload");
        json.WriteString("summary", Cut(message.Summary, LongestSummary));
        json.WriteString("source", "understudy");
        json.WriteString("severity", AlarmWords.Of(message.Severity)); // critical and warning are words of PagerDuty's as well
        json.WriteString("timestamp", message.Alarms.Min(alarm => alarm.Since));
        json.WriteString("component", message.Cause);
        json.WriteString("class", AlarmWords.Of(message.Alarms[0].Rule));
        json.WriteStartObject("custom_details");
        foreach (var alarm in message.Alarms.Take(20)) json.WriteString(alarm.Id, $"{alarm.State.Word()}: {alarm.Text}");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string Key(string key)
    {
        if (key.Length <= LongestKey) return key;
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        return key[..(LongestKey - hash.Length)] + hash;
    }

    private static string Cut(string text, int most) => text.Length <= most ? text : text[..(most - 1)] + "…";
}
