using System.Text.Json;
using static Understudy.Wires.JsonText;

namespace Understudy.Wires.OpenAIResponses;

/// <summary>The fields of one stream event, as slices of its bytes. Strings are the inside of their token, still escaped.</summary>
internal ref struct ResponsesFrame
{
    public ReadOnlySpan<byte> Type, Delta, Arguments, Item, Response;
    public int OutputIndex;
    public bool HasError;

    /// <exception cref="JsonException">Not a JSON object.</exception>
    public static ResponsesFrame Read(ReadOnlySpan<byte> json)
    {
        var frame = default(ResponsesFrame);
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("An event's data is not an object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "type"u8)) frame.Type = NextString(ref reader);
            else if (Is(ref reader, "delta"u8)) frame.Delta = NextString(ref reader);
            else if (Is(ref reader, "output_index"u8)) frame.OutputIndex = (int)Math.Min(NextCount(ref reader), int.MaxValue);
            else if (Is(ref reader, "arguments"u8) || Is(ref reader, "input"u8)) frame.Arguments = NextString(ref reader);
            else if (Is(ref reader, "item"u8)) frame.Item = NextObject(ref reader, json);
            else if (Is(ref reader, "response"u8)) frame.Response = NextObject(ref reader, json);
            else if (Is(ref reader, "error"u8)) frame.HasError = !NextObject(ref reader, json).IsEmpty;
            else Pass(ref reader);
        }

        reader.Read(); // throws where something follows the object
        return frame;
    }
}

/// <summary>One output item.</summary>
internal ref struct ResponsesItem
{
    public ReadOnlySpan<byte> Type, CallId, Name, Arguments, Encrypted, Content;

    public readonly bool IsFunction => Type.SequenceEqual("function_call"u8);

    public readonly bool IsCustom => Type.SequenceEqual("custom_tool_call"u8);

    public static ResponsesItem Read(ReadOnlySpan<byte> json)
    {
        var item = default(ResponsesItem);
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "type"u8)) item.Type = NextString(ref reader);
            else if (Is(ref reader, "call_id"u8)) item.CallId = NextString(ref reader);
            else if (Is(ref reader, "name"u8)) item.Name = NextString(ref reader);
            else if (Is(ref reader, "arguments"u8) || Is(ref reader, "input"u8)) item.Arguments = NextString(ref reader);
            else if (Is(ref reader, "encrypted_content"u8)) item.Encrypted = NextString(ref reader);
            else if (Is(ref reader, "content"u8))
            {
                reader.Read();
                item.Content = Slice(ref reader, json);
            }
            else Pass(ref reader);
        }

        return item;
    }

    /// <summary>The next text or refusal of a message's content; false at its end.</summary>
    public static bool NextPart(scoped ref Utf8JsonReader content, out ReadOnlySpan<byte> text, out bool isRefusal)
    {
        text = default;
        isRefusal = false;
        if (!content.Read() || content.TokenType != JsonTokenType.StartObject) return false;
        while (content.Read() && content.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref content, "text"u8)) text = NextString(ref content);
            else if (Is(ref content, "refusal"u8))
            {
                text = NextString(ref content);
                isRefusal = true;
            }
            else Pass(ref content);
        }

        return true;
    }
}

/// <summary>The response object: whole, or as the opening and closing events carry it.</summary>
internal ref struct ResponsesHead
{
    public ReadOnlySpan<byte> Id, Model, Status, Reason, Output;
    public Usage Usage;
    public bool HasError, IsResponse;

    public static ResponsesHead Read(ReadOnlySpan<byte> json)
    {
        var head = default(ResponsesHead);
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("A response is not an object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "id"u8)) head.Id = NextString(ref reader);
            else if (Is(ref reader, "model"u8)) head.Model = NextString(ref reader);
            else if (Is(ref reader, "status"u8)) head.Status = NextString(ref reader);
            else if (Is(ref reader, "error"u8)) head.HasError = !NextObject(ref reader, json).IsEmpty;
            else if (Is(ref reader, "usage"u8)) head.Usage = ReadUsage(NextObject(ref reader, json));
            else if (Is(ref reader, "incomplete_details"u8)) head.Reason = ReadReason(NextObject(ref reader, json));
            else if (Is(ref reader, "output"u8))
            {
                reader.Read();
                head.IsResponse = reader.TokenType == JsonTokenType.StartArray;
                head.Output = Slice(ref reader, json);
            }
            else Pass(ref reader);
        }

        reader.Read(); // throws where something follows the object
        return head;
    }

    private static ReadOnlySpan<byte> ReadReason(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty) return default;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "reason"u8)) return NextString(ref reader);
            Pass(ref reader);
        }

        return default;
    }

    private static Usage ReadUsage(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty) return default;
        long input = 0, output = 0, cached = 0, written = 0, reasoning = 0;
        var reader = new Utf8JsonReader(json);
        // The details lie one level down, under names that do not clash.
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            if (Is(ref reader, "input_tokens"u8)) input = NextCount(ref reader);
            else if (Is(ref reader, "output_tokens"u8)) output = NextCount(ref reader);
            else if (Is(ref reader, "cached_tokens"u8)) cached = NextCount(ref reader);
            else if (Is(ref reader, "cache_write_tokens"u8)) written = NextCount(ref reader);
            else if (Is(ref reader, "reasoning_tokens"u8)) reasoning = NextCount(ref reader);
        }

        return new(input, Math.Min(cached, input), written, output, Math.Min(reasoning, output));
    }
}
