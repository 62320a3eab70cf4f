using System.Text.Json;
using Understudy.Alarms;
using Understudy.Configuration;

namespace Understudy.Hosting.Receivers;

/// <summary>An alarm as JSON: the same in the admin API and in webhooks.</summary>
internal static class AlarmJson
{
    /// <summary>Writes it as an object.</summary>
    public static void Write(Utf8JsonWriter json, Alarm alarm)
    {
        json.WriteStartObject();
        Fields(json, alarm);
        json.WriteEndObject();
    }

    /// <summary>Writes what stands in the object.</summary>
    public static void Fields(Utf8JsonWriter json, Alarm alarm)
    {
        json.WriteString("id", alarm.Id);
        json.WriteString("rule", AlarmWords.Of(alarm.Rule));
        json.WriteString("subject", alarm.Subject);
        json.WriteString("cause", alarm.Cause);
        json.WriteString("severity", AlarmWords.Of(alarm.Severity));
        json.WriteString("state", alarm.State.Word());
        json.WriteString("since", alarm.Since);
        json.WriteString("fired_at", alarm.FiredAt);
        if (alarm.ResolvedAt is { } over) json.WriteString("resolved_at", over);
        json.WriteNumber("value", Math.Round(alarm.Value, 4));
        json.WriteString("text", alarm.Text);
        if (alarm.AcknowledgedAt is not { } at) return;
        json.WriteStartObject("acknowledged");
        json.WriteString("by", alarm.AcknowledgedBy);
        json.WriteString("at", at);
        json.WriteString("why", alarm.AcknowledgedWhy);
        json.WriteEndObject();
    }
}
