using System.Text.Json;
using Understudy.Calls;

namespace Understudy.Wires.OpenAIResponses;

/// <summary>Writes turns as input items.</summary>
internal static class ResponsesInput
{
    public static void Write(Utf8JsonWriter json, Turn turn, ToolNames names, HashSet<string> freeText, List<string> losses)
    {
        var content = new List<Part>();
        foreach (var part in turn.Parts)
        {
            switch (part)
            {
                case ToolCallPart call:
                    Flush(json, turn.Role, content, losses);
                    if (call.IsFreeText) freeText.Add(call.Id);
                    WriteCall(json, call, names);
                    break;
                case ToolResultPart result: WriteResult(json, result, freeText.Contains(result.Id), losses); break;
                case ThinkingPart thinking:
                    Flush(json, turn.Role, content, losses);
                    WriteReasoning(json, thinking);
                    break;
                case OpaquePart { Origin: WireProtocol.OpenAIResponses } own when turn.Role == TurnRole.Assistant:
                    Flush(json, turn.Role, content, losses);
                    json.WriteRawValue(own.Json, skipInputValidation: true);
                    break;
                default: content.Add(part); break;
            }
        }

        Flush(json, turn.Role, content, losses);
    }

    private static void Flush(Utf8JsonWriter json, TurnRole role, List<Part> content, List<string> losses)
    {
        if (content.Count == 0) return;
        json.WriteStartObject();
        json.WriteString("role"u8, role switch { TurnRole.User => "user"u8, TurnRole.Assistant => "assistant"u8, TurnRole.System => "developer"u8 });
        json.WriteStartArray("content"u8);
        foreach (var part in content) WritePart(json, part, role, losses);
        json.WriteEndArray();
        json.WriteEndObject();
        content.Clear();
    }

    private static void WritePart(Utf8JsonWriter json, Part part, TurnRole role, List<string> losses)
    {
        if (part is OpaquePart { Origin: WireProtocol.OpenAIResponses } own)
        {
            json.WriteRawValue(own.Json, skipInputValidation: true);
            return;
        }

        json.WriteStartObject();
        switch (part)
        {
            case ImagePart image:
                json.WriteString("type"u8, "input_image"u8);
                json.WriteString("image_url"u8, image.Url ?? $"data:{Images.TrueType(image) ?? image.MediaType};base64,{image.Base64}");
                json.WriteString("detail"u8, image.Detail ?? "auto");
                break;
            case DocumentPart { Base64: { } data } document:
                json.WriteString("type"u8, "input_file"u8);
                json.WriteString("filename"u8, document.Title is { Length: > 0 } name ? name : "document.pdf");
                json.WriteString("file_data"u8, $"data:{document.MediaType ?? "application/pdf"};base64,{data}");
                break;
            case DocumentPart { Url: { } address }:
                json.WriteString("type"u8, "input_file"u8);
                json.WriteString("file_url"u8, address);
                break;
            default:
                // The model's own words must be output_text: as input_text they are refused.
                json.WriteString("type"u8, role == TurnRole.Assistant ? "output_text"u8 : "input_text"u8);
                json.WriteString("text"u8, part switch
                {
                    TextPart text => text.Text,
                    DocumentPart document => document.Text ?? "",
                    OpaquePart opaque => RequestLosses.Stand(opaque, losses),
                    _ => "",
                });
                break;
        }

        json.WriteEndObject();
    }

    private static void WriteCall(Utf8JsonWriter json, ToolCallPart call, ToolNames names)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, call.IsFreeText ? "custom_tool_call"u8 : "function_call"u8);
        json.WriteString("call_id"u8, call.Id);
        if (call.Namespace is { } space) json.WriteString("namespace"u8, space);
        json.WriteString("name"u8, names.For(call.Name));
        if (call.IsFreeText) json.WriteString("input"u8, call.Arguments);
        else json.WriteString("arguments"u8, string.IsNullOrWhiteSpace(call.Arguments) ? "{}" : call.Arguments);
        json.WriteEndObject();
    }

    private static void WriteResult(Utf8JsonWriter json, ToolResultPart result, bool isFreeText, List<string> losses)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, isFreeText ? "custom_tool_call_output"u8 : "function_call_output"u8);
        json.WriteString("call_id"u8, result.Id);
        var prefix = result.IsError ? ToolErrors.Prefix : "";
        if (result.Content.All(part => part is TextPart))
        {
            json.WriteString("output"u8, prefix + string.Join("\n", result.Content.Cast<TextPart>().Select(part => part.Text)));
        }
        else
        {
            json.WriteStartArray("output"u8);
            if (result.IsError) WritePart(json, new TextPart(prefix.TrimEnd()), TurnRole.User, losses);
            foreach (var part in result.Content) WritePart(json, part, TurnRole.User, losses);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>Without its id: an id is looked up in the account that made it.</summary>
    private static void WriteReasoning(Utf8JsonWriter json, ThinkingPart thinking)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "reasoning"u8);
        json.WriteStartArray("summary"u8);
        if (thinking.Text.Length > 0)
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "summary_text"u8);
            json.WriteString("text"u8, thinking.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("encrypted_content"u8, thinking.Signature);
        json.WriteEndObject();
    }
}
