using System.Buffers;
using System.Diagnostics;
using System.Text.Json;

namespace Understudy.Wires.InProcess;

/// <summary>Writes a conversation down, with everything that changes its answer: what is left out here is forgotten by the cache and by deferred work.</summary>
internal static class ConversationWriter
{
    public static void Write(Conversation conversation, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, JsonText.Writing);
        json.WriteStartObject();
        // The names that routing looks for are those of RequestScan.
        json.WriteString("model"u8, conversation.Model);
        if (conversation.Stream) json.WriteBoolean("stream"u8, true);
        if (conversation.MaxOutput is { } most) json.WriteNumber("max_tokens"u8, most);
        if (conversation.System.Count > 0) WriteParts(json, "system", conversation.System);
        WriteTurns(json, conversation.Turns);
        WriteTools(json, conversation);
        WriteSampling(json, conversation.Sampling);
        if (conversation.Reasoning is { } reasoning) WriteReasoning(json, reasoning);
        if (conversation.Output is { } form) WriteForm(json, form);
        if (conversation.UserId is { } user) json.WriteString("user"u8, user);
        json.WriteEndObject();
    }

    private static void WriteTurns(Utf8JsonWriter json, IReadOnlyList<Turn> turns)
    {
        json.WriteStartArray("turns"u8);
        foreach (var turn in turns)
        {
            json.WriteStartObject();
            json.WriteString("role"u8, turn.Role switch { TurnRole.User => "user"u8, TurnRole.Assistant => "assistant"u8, TurnRole.System => "system"u8 });
            WriteParts(json, "content", turn.Parts);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteParts(Utf8JsonWriter json, string name, IEnumerable<Part> parts)
    {
        json.WriteStartArray(name);
        foreach (var part in parts) WritePart(json, part);
        json.WriteEndArray();
    }

    private static void WritePart(Utf8JsonWriter json, Part part)
    {
        json.WriteStartObject();
        switch (part)
        {
            case TextPart text:
                json.WriteString("type"u8, "text"u8);
                json.WriteString("text"u8, text.Text);
                break;
            case ImagePart image:
                json.WriteString("type"u8, "image"u8);
                Optional(json, "media_type", image.MediaType);
                Optional(json, "data", image.Base64);
                Optional(json, "url", image.Url);
                Optional(json, "detail", image.Detail);
                break;
            case DocumentPart document:
                json.WriteString("type"u8, "document"u8);
                Optional(json, "media_type", document.MediaType);
                Optional(json, "data", document.Base64);
                Optional(json, "body", document.Text);
                Optional(json, "url", document.Url);
                Optional(json, "title", document.Title);
                break;
            case AudioPart audio:
                json.WriteString("type"u8, "audio"u8);
                json.WriteString("format"u8, audio.Format);
                json.WriteString("data"u8, audio.Base64);
                break;
            case ToolCallPart call:
                json.WriteString("type"u8, "tool_call"u8);
                json.WriteString("id"u8, call.Id);
                json.WriteString("name"u8, call.Name);
                json.WriteString("arguments"u8, call.Arguments);
                Optional(json, "gemini_signature", call.GeminiSignature);
                break;
            case ToolResultPart result:
                json.WriteString("type"u8, "tool_result"u8);
                json.WriteString("id"u8, result.Id);
                WriteParts(json, "content", result.Content);
                if (result.IsError) json.WriteBoolean("is_error"u8, true);
                break;
            case ThinkingPart thinking:
                json.WriteString("type"u8, "thinking"u8);
                json.WriteString("thinking"u8, thinking.Text);
                json.WriteString("signature"u8, GatewaySignature.Write(thinking.Signature, thinking.Maker));
                break;
            case RedactedThinkingPart redacted:
                json.WriteString("type"u8, "redacted_thinking"u8);
                json.WriteString("data"u8, redacted.Data);
                break;
            case RefusalPart refusal:
                json.WriteString("type"u8, "refusal"u8);
                json.WriteString("refusal"u8, refusal.Text);
                break;
            default: throw new UnreachableException($"{part.GetType().Name} is not a part of a program's conversation.");
        }

        json.WriteEndObject();
    }

    private static void WriteTools(Utf8JsonWriter json, Conversation conversation)
    {
        if (conversation.Tools.Count > 0)
        {
            json.WriteStartArray("tools"u8);
            foreach (var tool in conversation.Tools)
            {
                json.WriteStartObject();
                json.WriteString("name"u8, tool.Name);
                Optional(json, "description", tool.Description);
                if (tool.Schema is { } schema) json.WriteRaw("schema", schema);
                Optional(json, "strict", tool.Strict);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        if (conversation.ToolChoice is { } choice)
        {
            json.WriteStartObject("tool_choice"u8);
            json.WriteString("type"u8, choice.Kind switch
            {
                ToolChoiceKind.Auto => "auto"u8,
                ToolChoiceKind.Required => "required"u8,
                ToolChoiceKind.One => "one"u8,
                ToolChoiceKind.None => "none"u8,
            });
            Texts(json, "names", choice.Names);
            json.WriteEndObject();
        }

        Optional(json, "parallel_tools", conversation.ParallelTools);
    }

    private static void WriteSampling(Utf8JsonWriter json, Sampling sampling)
    {
        Number(json, "temperature", sampling.Temperature);
        Number(json, "top_p", sampling.TopP);
        Number(json, "top_k", sampling.TopK);
        Number(json, "seed", sampling.Seed);
        Number(json, "frequency_penalty", sampling.FrequencyPenalty);
        Number(json, "presence_penalty", sampling.PresencePenalty);
        Texts(json, "stop", sampling.StopSequences);
    }

    private static void WriteReasoning(Utf8JsonWriter json, ReasoningWish wish)
    {
        json.WriteStartObject("reasoning"u8);
        if (wish.Effort is { } effort) json.WriteString("effort"u8, Efforts.Word(effort));
        if (wish.Budget is { } budget) json.WriteNumber("budget"u8, budget);
        if (wish.Adaptive) json.WriteBoolean("adaptive"u8, true);
        json.WriteEndObject();
    }

    private static void WriteForm(Utf8JsonWriter json, OutputForm form)
    {
        json.WriteStartObject("output"u8);
        if (form.Schema is { } schema) json.WriteRaw("schema", schema);
        Optional(json, "name", form.Name);
        Optional(json, "description", form.Description);
        Optional(json, "strict", form.Strict);
        json.WriteEndObject();
    }

    private static void Optional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null) json.WriteString(name, value);
    }

    private static void Optional(Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } said) json.WriteBoolean(name, said);
    }

    private static void Number(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null) json.WriteRaw(name, value);
    }

    private static void Texts(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0) return;
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
