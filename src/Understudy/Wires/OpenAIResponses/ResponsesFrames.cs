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
            if (reader.ValueTextEquals("type"u8)) frame.Type = NextString(ref reader);
            else if (reader.ValueTextEquals("delta"u8)) frame.Delta = NextString(ref reader);
            else if (reader.ValueTextEquals("output_index"u8)) frame.OutputIndex = (int)Math.Min(NextCount(ref reader), int.MaxValue);
            else if (reader.ValueTextEquals("arguments"u8) || reader.ValueTextEquals("input"u8)) frame.Arguments = NextString(ref reader);
            else if (reader.ValueTextEquals("item"u8)) frame.Item = NextObject(ref reader, json);
            else if (reader.ValueTextEquals("response"u8)) frame.Response = NextObject(ref reader, json);
            else if (reader.ValueTextEquals("error"u8)) frame.HasError = !NextObject(ref reader, json).IsEmpty;
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
            if (reader.ValueTextEquals("type"u8)) item.Type = NextString(ref reader);
            else if (reader.ValueTextEquals("call_id"u8)) item.CallId = NextString(ref reader);
            else if (reader.ValueTextEquals("name"u8)) item.Name = NextString(ref reader);
            else if (reader.ValueTextEquals("arguments"u8) || reader.ValueTextEquals("input"u8)) item.Arguments = NextString(ref reader);
            else if (reader.ValueTextEquals("encrypted_content"u8)) item.Encrypted = NextString(ref reader);
            else if (reader.ValueTextEquals("content"u8))
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
            if (content.ValueTextEquals("text"u8)) text = NextString(ref content);
            else if (content.ValueTextEquals("refusal"u8))
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
            if (reader.ValueTextEquals("id"u8)) head.Id = NextString(ref reader);
            else if (reader.ValueTextEquals("model"u8)) head.Model = NextString(ref reader);
            else if (reader.ValueTextEquals("status"u8)) head.Status = NextString(ref reader);
            else if (reader.ValueTextEquals("error"u8)) head.HasError = !NextObject(ref reader, json).IsEmpty;
            else if (reader.ValueTextEquals("usage"u8)) head.Usage = ReadUsage(NextObject(ref reader, json));
            else if (reader.ValueTextEquals("incomplete_details"u8)) head.Reason = ReadReason(NextObject(ref reader, json));
            else if (reader.ValueTextEquals("output"u8))
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
            if (reader.ValueTextEquals("reason"u8)) return NextString(ref reader);
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
            if (reader.ValueTextEquals("input_tokens"u8)) input = NextCount(ref reader);
            else if (reader.ValueTextEquals("output_tokens"u8)) output = NextCount(ref reader);
            else if (reader.ValueTextEquals("cached_tokens"u8)) cached = NextCount(ref reader);
            else if (reader.ValueTextEquals("cache_write_tokens"u8)) written = NextCount(ref reader);
            else if (reader.ValueTextEquals("reasoning_tokens"u8)) reasoning = NextCount(ref reader);
        }

        return new(input, Math.Min(cached, input), written, output, Math.Min(reasoning, output));
    }
}
