using System.Diagnostics;
using System.Text.Json;
using Understudy.Calls;

namespace Understudy.Wires.Anthropic;

/// <summary>Writes content blocks.</summary>
internal static class AnthropicContent
{
    /// <summary>Writes one block; names are null where no tool can stand.</summary>
    public static void Write(Utf8JsonWriter json, Part part, ToolNames? names, List<string>? losses)
    {
        if (part is OpaquePart opaque)
        {
            if (opaque.Origin == WireProtocol.AnthropicMessages) json.WriteRawValue(opaque.Json, skipInputValidation: true);
            else Text(json, RequestLosses.Stand(opaque, losses), null);
            return;
        }

        if (part is TextPart text)
        {
            Text(json, text.Text, part.CacheMark);
            return;
        }

        json.WriteStartObject();
        switch (part)
        {
            case ImagePart image: WriteImage(json, image); break;
            case DocumentPart document: WriteDocument(json, document); break;
            case ToolCallPart call:
                json.WriteString("type"u8, "tool_use"u8);
                json.WriteString("id"u8, call.Id);
                json.WriteString("name"u8, names?.For(call.Name) ?? call.Name);
                json.WriteRaw("input", History.ArgumentsObject(call));
                break;
            case ToolResultPart result: WriteResult(json, result, losses); break;
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
                json.WriteString("type"u8, "text"u8);
                json.WriteString("text"u8, refusal.Text);
                break;
            default: throw new UnreachableException($"{part.GetType().Name} is not a block of Anthropic's.");
        }

        Mark(json, part.CacheMark);
        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, string text, string? mark)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "text"u8);
        json.WriteString("text"u8, text);
        Mark(json, mark);
        json.WriteEndObject();
    }

    private static void Mark(Utf8JsonWriter json, string? mark)
    {
        if (mark is not null) json.WriteRaw("cache_control", mark);
    }

    private static void WriteImage(Utf8JsonWriter json, ImagePart image)
    {
        json.WriteString("type"u8, "image"u8);
        json.WriteStartObject("source"u8);
        if (image.Url is not null)
        {
            json.WriteString("type"u8, "url"u8);
            json.WriteString("url"u8, image.Url);
        }
        else
        {
            json.WriteString("type"u8, "base64"u8);
            json.WriteString("media_type"u8, Images.TrueType(image));
            json.WriteString("data"u8, image.Base64);
        }

        json.WriteEndObject();
    }

    private static void WriteDocument(Utf8JsonWriter json, DocumentPart document)
    {
        json.WriteString("type"u8, "document"u8);
        json.WriteStartObject("source"u8);
        if (document.Url is not null)
        {
            json.WriteString("type"u8, "url"u8);
            json.WriteString("url"u8, document.Url);
        }
        else
        {
            json.WriteString("type"u8, document.Text is null ? "base64"u8 : "text"u8);
            json.WriteString("media_type"u8, document.MediaType ?? "application/pdf");
            json.WriteString("data"u8, document.Text ?? document.Base64);
        }

        json.WriteEndObject();
        if (document.Title is { Length: > 0 } title) json.WriteString("title"u8, title);
    }

    private static void WriteResult(Utf8JsonWriter json, ToolResultPart result, List<string>? losses)
    {
        json.WriteString("type"u8, "tool_result"u8);
        json.WriteString("tool_use_id"u8, result.Id);
        if (result.IsError) json.WriteBoolean("is_error"u8, true);
        var content = result.Content.Where(part => part is not TextPart { Text: "" }).ToList();
        if (content is [TextPart { CacheMark: null } only])
        {
            json.WriteString("content"u8, only.Text);
        }
        else if (content.Count > 0)
        {
            json.WriteStartArray("content"u8);
            foreach (var part in content) Write(json, part, null, losses);
            json.WriteEndArray();
        }
    }
}
