using System.Text.Json;
using static Understudy.Wires.JsonText;

namespace Understudy.Wires.Anthropic;

/// <summary>The fields of one stream event, as slices of its bytes. Strings are the inside of their token, still escaped.</summary>
internal ref struct Frame
{
    public ReadOnlySpan<byte> Type, Block, Message, Usage, Error;
    public ReadOnlySpan<byte> DeltaType, Text, Thinking, Signature, PartialJson, StopReason, StopSequence;
    public int Index;

    /// <exception cref="JsonException">Not a JSON object.</exception>
    public static Frame Read(ReadOnlySpan<byte> json)
    {
        var frame = default(Frame);
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("An event's data is not an object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "type"u8)) frame.Type = NextString(ref reader);
            else if (Is(ref reader, "index"u8)) frame.Index = (int)Math.Min(NextCount(ref reader), int.MaxValue);
            else if (Is(ref reader, "delta"u8)) frame.ReadDelta(ref reader);
            else if (Is(ref reader, "content_block"u8)) frame.Block = NextObject(ref reader, json);
            else if (Is(ref reader, "message"u8)) frame.Message = NextObject(ref reader, json);
            else if (Is(ref reader, "usage"u8)) frame.Usage = NextObject(ref reader, json);
            else if (Is(ref reader, "error"u8)) frame.Error = NextObject(ref reader, json);
            else Pass(ref reader);
        }

        reader.Read(); // throws where something follows the object
        return frame;
    }

    private void ReadDelta(scoped ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "type"u8)) DeltaType = NextString(ref reader);
            else if (Is(ref reader, "text"u8)) Text = NextString(ref reader);
            else if (Is(ref reader, "thinking"u8)) Thinking = NextString(ref reader);
            else if (Is(ref reader, "signature"u8)) Signature = NextString(ref reader);
            else if (Is(ref reader, "partial_json"u8)) PartialJson = NextString(ref reader);
            else if (Is(ref reader, "stop_reason"u8)) StopReason = NextString(ref reader);
            else if (Is(ref reader, "stop_sequence"u8)) StopSequence = NextString(ref reader);
            else Pass(ref reader);
        }
    }
}

/// <summary>What message_start tells.</summary>
internal ref struct MessageHead
{
    public ReadOnlySpan<byte> Id, Model, Usage;

    public static MessageHead Read(ReadOnlySpan<byte> json)
    {
        var head = default(MessageHead);
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "id"u8)) head.Id = NextString(ref reader);
            else if (Is(ref reader, "model"u8)) head.Model = NextString(ref reader);
            else if (Is(ref reader, "usage"u8)) head.Usage = NextObject(ref reader, json);
            else Pass(ref reader);
        }

        return head;
    }
}

/// <summary>A content block as content_block_start gives it.</summary>
internal ref struct BlockHead
{
    public ReadOnlySpan<byte> Type, Id, Name, Text, Thinking, Signature, Data, Input;

    public static BlockHead Read(ReadOnlySpan<byte> json)
    {
        var head = default(BlockHead);
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "type"u8)) head.Type = NextString(ref reader);
            else if (Is(ref reader, "id"u8)) head.Id = NextString(ref reader);
            else if (Is(ref reader, "name"u8)) head.Name = NextString(ref reader);
            else if (Is(ref reader, "text"u8)) head.Text = NextString(ref reader);
            else if (Is(ref reader, "thinking"u8)) head.Thinking = NextString(ref reader);
            else if (Is(ref reader, "signature"u8)) head.Signature = NextString(ref reader);
            else if (Is(ref reader, "data"u8)) head.Data = NextString(ref reader);
            else if (Is(ref reader, "input"u8)) head.Input = NextObject(ref reader, json);
            else Pass(ref reader);
        }

        return head;
    }
}
