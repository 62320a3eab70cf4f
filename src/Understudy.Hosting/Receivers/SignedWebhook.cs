using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Understudy.Alarms;
using Understudy.Calls;
using Understudy.Configuration;

namespace Understudy.Hosting.Receivers;

/// <summary>
/// A message for a program of the operator's own. Signed: <c>x-understudy-signature: v1=…</c> is the HMAC-SHA256, in
/// hexadecimal, of the timestamp, a full stop and the body, under the secret; a receiver refuses what is older than minutes.
/// </summary>
internal static class SignedWebhook
{
    /// <summary>The request.</summary>
    public static HttpRequestMessage Request(WebhookReceiver receiver, AlarmMessage message, DateTimeOffset now)
    {
        using var buffer = new PooledBuffer();
        using (var json = new Utf8JsonWriter(buffer)) Write(json, message);
        var request = new HttpRequestMessage(HttpMethod.Post, receiver.Url) { Content = JsonBody.Of(buffer.Written.Span) };
        var timestamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        request.Headers.Add("x-understudy-timestamp", timestamp);
        if (receiver.Secret is { } secret) request.Headers.Add("x-understudy-signature", $"v1={Sign(secret, timestamp, buffer.Written.Span)}");
        return request;
    }

    private static string Sign(string secret, string timestamp, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(Encoding.ASCII.GetBytes(timestamp));
        hmac.AppendData("."u8);
        hmac.AppendData(body);
        return Convert.ToHexStringLower(hmac.GetHashAndReset());
    }

    private static void Write(Utf8JsonWriter json, AlarmMessage message)
    {
        json.WriteStartObject();
        json.WriteString("form", "understudy.alarm/1");
        json.WriteString("kind", message.Kind switch
        {
            AlarmMessageKind.Trigger => "trigger",
            AlarmMessageKind.Update => "update",
            AlarmMessageKind.Repeat => "repeat",
            AlarmMessageKind.Escalate => "escalate",
            AlarmMessageKind.Acknowledge => "acknowledge",
            AlarmMessageKind.Resolve => "resolve",
        });
        json.WriteString("key", message.Key);
        json.WriteString("cause", message.Cause);
        json.WriteString("severity", AlarmWords.Of(message.Severity));
        json.WriteString("summary", message.Summary);
        json.WriteString("at", message.At);
        json.WriteStartArray("alerts");
        foreach (var alarm in message.Alarms) AlarmJson.Write(json, alarm);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
