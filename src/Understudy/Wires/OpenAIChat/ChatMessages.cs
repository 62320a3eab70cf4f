using System.Diagnostics;
using System.Text.Json;
using Understudy.Calls;

namespace Understudy.Wires.OpenAIChat;

/// <summary>Writes turns as messages.</summary>
internal static class ChatMessages
{
    public static void Write(Utf8JsonWriter json, Turn turn, ToolNames names, List<string> losses)
    {
        switch (turn.Role)
        {
            case TurnRole.User: WriteUser(json, turn.Parts, losses); break;
            case TurnRole.Assistant: WriteAssistant(json, turn.Parts, names); break;
            case TurnRole.System: WriteMessage(json, "system"u8, turn.Parts, losses); break;
        }
    }

    /// <summary>All tool messages first, then everything else: images of the results too, for tool messages hold text only.</summary>
    private static void WriteUser(Utf8JsonWriter json, IReadOnlyList<Part> parts, List<string> losses)
    {
        var rest = new List<Part>();
        foreach (var part in parts)
        {
            if (part is ToolResultPart result) WriteResult(json, result, rest, losses);
            else rest.Add(part);
        }

        if (rest.Count > 0) WriteMessage(json, "user"u8, rest, losses);
    }

    private static void WriteResult(Utf8JsonWriter json, ToolResultPart result, List<Part> rest, List<string> losses)
    {
        var texts = new List<string>();
        foreach (var part in result.Content)
        {
            switch (part)
            {
                case TextPart text: texts.Add(text.Text); break;
                case OpaquePart opaque: texts.Add(RequestLosses.Stand(opaque, losses)); break;
                default:
                    texts.Add("[see the attachment below]");
                    rest.Add(part);
                    break;
            }
        }

        json.WriteStartObject();
        json.WriteString("role"u8, "tool"u8);
        json.WriteString("tool_call_id"u8, result.Id);
        json.WriteString("content"u8, (result.IsError ? ToolErrors.Prefix : "") + string.Join("\n", texts));
        json.WriteEndObject();
    }

    private static void WriteMessage(Utf8JsonWriter json, ReadOnlySpan<byte> role, IReadOnlyList<Part> parts, List<string> losses)
    {
        json.WriteStartObject();
        json.WriteString("role"u8, role);
        if (parts.All(part => part is TextPart))
        {
            // One string: Ollama makes a message of every part, and old templates know strings only.
            json.WriteString("content"u8, string.Join("\n\n", parts.Cast<TextPart>().Select(part => part.Text)));
        }
        else
        {
            json.WriteStartArray("content"u8);
            foreach (var part in parts) WritePart(json, part, losses);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WritePart(Utf8JsonWriter json, Part part, List<string> losses)
    {
        if (part is OpaquePart { Origin: WireProtocol.OpenAIChat } own)
        {
            json.WriteRawValue(own.Json, skipInputValidation: true);
            return;
        }

        json.WriteStartObject();
        switch (part)
        {
            case TextPart text: WriteText(json, text.Text); break;
            case OpaquePart opaque: WriteText(json, RequestLosses.Stand(opaque, losses)); break;
            case DocumentPart { Text: { } text } document: WriteText(json, document.Title is { Length: > 0 } title ? $"{title}\n\n{text}" : text); break;
            case ImagePart image:
                json.WriteString("type"u8, "image_url"u8);
                json.WriteStartObject("image_url"u8);
                json.WriteString("url"u8, image.Url ?? $"data:{Images.TrueType(image) ?? image.MediaType};base64,{image.Base64}");
                if (image.Detail is { } detail) json.WriteString("detail"u8, detail);
                json.WriteEndObject();
                break;
            case DocumentPart document:
                json.WriteString("type"u8, "file"u8);
                json.WriteStartObject("file"u8);
                json.WriteString("filename"u8, document.Title is { Length: > 0 } name ? name : "document.pdf");
                json.WriteString("file_data"u8, $"data:{document.MediaType ?? "application/pdf"};base64,{document.Base64}");
                json.WriteEndObject();
                break;
            case AudioPart audio:
                json.WriteString("type"u8, "input_audio"u8);
                json.WriteStartObject("input_audio"u8);
                json.WriteString("data"u8, audio.Base64);
                json.WriteString("format"u8, audio.Format);
                json.WriteEndObject();
                break;
            default: throw new UnreachableException($"{part.GetType().Name} is not a part of a message.");
        }

        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string text)
    {
        json.WriteString("type"u8, "text"u8);
        json.WriteString("text"u8, text);
    }

    private static void WriteAssistant(Utf8JsonWriter json, IReadOnlyList<Part> parts, ToolNames names)
    {
        var texts = parts.OfType<TextPart>().Select(part => part.Text).ToList();
        var calls = parts.OfType<ToolCallPart>().ToList();
        json.WriteStartObject();
        json.WriteString("role"u8, "assistant"u8);
        // Pieces of one answer, cut by citations or calls: nothing stood between them. null only beside calls.
        if (texts.Count > 0 || calls.Count == 0) json.WriteString("content"u8, string.Concat(texts));
        else json.WriteNull("content"u8);
        if (calls.Count > 0)
        {
            json.WriteStartArray("tool_calls"u8);
            foreach (var call in calls) WriteCall(json, call, names.For(call.Name), null);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>One whole call; its index only in a stream.</summary>
    public static void WriteCall(Utf8JsonWriter json, ToolCallPart call, string name, int? index)
    {
        json.WriteStartObject();
        if (index is { } number) json.WriteNumber("index"u8, number);
        json.WriteString("id"u8, call.Id);
        json.WriteString("type"u8, "function"u8);
        json.WriteStartObject("function"u8);
        json.WriteString("name"u8, name);
        json.WriteString("arguments"u8, string.IsNullOrWhiteSpace(call.Arguments) ? "{}" : call.IsFreeText ? History.ArgumentsObject(call) : call.Arguments);
        json.WriteEndObject();
        if (call.GeminiSignature is { } signature)
        {
            json.WriteStartObject("extra_content"u8);
            json.WriteStartObject("google"u8);
            json.WriteString("thought_signature"u8, signature);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
