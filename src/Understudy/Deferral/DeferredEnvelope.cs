using System.Buffers;
using System.Text.Json;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Deferral;

/// <summary>A piece of work as JSON, for its owner: where it stands, and the answer in the caller's own protocol.</summary>
public static class DeferredEnvelope
{
    /// <summary>Where a piece can be asked for.</summary>
    public static string PathOf(string id) => "/v1/deferred/" + id;

    /// <summary>Writes a piece.</summary>
    public static void Write(DeferredView view, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, JsonText.Writing);
        json.WriteStartObject();
        json.WriteString("id", view.Id);
        json.WriteString("object", "deferred");
        json.WriteString("status", view.State.Word());
        json.WriteString("protocol", Word(view.Protocol));
        json.WriteString("model", view.Model);
        json.WriteString("created_at", view.AcceptedAt);
        if (!view.State.IsOver()) json.WriteString("deadline", view.Deadline);
        if (view.FinishedAt is { } finished) json.WriteString("finished_at", finished);
        if (view.ExpiresAt is { } expires) json.WriteString("expires_at", expires);
        if (!view.State.IsOver())
        {
            json.WriteStartObject("progress");
            if (view.Ahead is { } ahead) json.WriteNumber("ahead", ahead);
            json.WriteNumber("tries", view.Tries);
            if (view.NotBefore is { } next) json.WriteString("not_before", next);
            json.WriteEndObject();
        }

        if (view.AnswerSensitive is { } answer) Write(json, view.State, answer);
        json.WriteEndObject();
    }

    /// <summary>A protocol's word.</summary>
    public static string Word(WireProtocol protocol) => protocol switch
    {
        WireProtocol.AnthropicMessages => "anthropic",
        WireProtocol.OpenAIChat => "openai",
        WireProtocol.OpenAIResponses => "openai-responses",
        WireProtocol.Gemini => "gemini",
        WireProtocol.InProcess => "in-process",
    };

    private static void Write(Utf8JsonWriter json, DeferredState state, DeferredAnswer answer)
    {
        if (answer.ServedBy is { } server) json.WriteString("served_by", server);
        if (state == DeferredState.Done) json.WriteBoolean("degraded", answer.Degraded);
        json.WriteNumber("http_status", answer.Status);
        json.WritePropertyName(state == DeferredState.Done ? "answer" : "error");
        json.WriteRawValue(answer.BodySensitive.Span, skipInputValidation: true);
    }
}
