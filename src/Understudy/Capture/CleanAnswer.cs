using System.Text;
using System.Text.Json;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Capture;

/// <summary>
/// What a client got, without what must not be kept. A stream is put together first: a key that comes in two pieces is in
/// neither of them.
/// </summary>
internal static class CleanAnswer
{
    /// <summary>The answer as JSON.</summary>
    /// <param name="protocol">What the client speaks.</param>
    /// <param name="answer">What it got, or the beginning of it.</param>
    /// <param name="isStream">Whether that is a stream of events.</param>
    /// <param name="redactor">What must not be kept.</param>
    public static string Write(WireProtocol protocol, ReadOnlySpan<byte> answer, bool isStream, Redactor redactor)
    {
        if (isStream) return Stream(protocol, answer, redactor);
        var lead = answer.IndexOfAnyExcept(" \t\r\n"u8);
        if (lead >= 0 && answer[lead] is (byte)'{' or (byte)'[') return CleanJson.Write(answer, redactor);
        var text = redactor.Clean(Encoding.UTF8.GetString(answer));
        return CleanJson.Made(json => json.WriteStringValue(text));
    }

    private static string Stream(WireProtocol protocol, ReadOnlySpan<byte> stream, Redactor redactor)
    {
        var heard = new AnswerCollector();
        using var reader = Wire.Of(protocol).NewStreamReader();
        var resume = 0;
        var whole = true;
        try
        {
            while (SseSplitter.TryFindEnd(stream, ref resume, out var end))
            {
                reader.Read(stream[..end], heard);
                stream = stream[end..];
            }

            reader.Complete(heard);
        }
        catch (Exception unreadable) when (unreadable is JsonException or WireFormatException or InvalidOperationException or KeyNotFoundException)
        {
            whole = false;
        }

        return Write(heard.ToAnswer(), heard.IsFinished && whole, reader.Error, redactor);
    }

    private static string Write(Answer answer, bool isWhole, UpstreamError? error, Redactor redactor) => CleanJson.Made(json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("parts");
        foreach (var part in answer.Parts) Write(json, part, redactor);
        json.WriteEndArray();
        json.WriteString("finish", isWhole ? answer.Finish.ToString() : "cut off");
        if (error is not null) json.WriteString("error", redactor.Clean($"{error.Type} {error.Code} {error.Message}"));
        json.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, Part part, Redactor redactor)
    {
        json.WriteStartObject();
        switch (part)
        {
            case TextPart text:
                json.WriteString("text", CleanJson.Text(text.Text, redactor));
                break;
            case ThinkingPart thinking:
                json.WriteString("thinking", redactor.Clean(thinking.Text));
                break;
            case RefusalPart refusal:
                json.WriteString("refusal", redactor.Clean(refusal.Text));
                break;
            case ToolCallPart call:
                json.WriteString("tool_call", redactor.Clean(call.Name));
                json.WritePropertyName("arguments");
                json.WriteRawValue(CleanJson.Write(Encoding.UTF8.GetBytes(call.Arguments), redactor), skipInputValidation: true);
                break;
            default:
                json.WriteString("other", part.GetType().Name);
                break;
        }

        json.WriteEndObject();
    }
}
