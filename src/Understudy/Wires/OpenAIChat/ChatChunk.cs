using System.Text.Json;
using static Understudy.Wires.JsonText;

namespace Understudy.Wires.OpenAIChat;

/// <summary>The fields of one chunk, as slices of its bytes. Strings are the inside of their token, still escaped.</summary>
internal ref struct ChatChunk
{
    public ReadOnlySpan<byte> Id, Model, Usage, Error;
    public ReadOnlySpan<byte> Content, ContentParts, Reasoning, Refusal, ToolCalls, FinishReason;
    public bool HasChoice;

    /// <summary>Whether it says a piece of text and nothing else.</summary>
    public readonly bool IsTextAlone => !Content.IsEmpty && ContentParts.IsEmpty && Reasoning.IsEmpty && Refusal.IsEmpty && ToolCalls.IsEmpty && FinishReason.IsEmpty && Usage.IsEmpty && Error.IsEmpty;

    /// <exception cref="JsonException">Not a JSON object.</exception>
    public static ChatChunk Read(ReadOnlySpan<byte> json)
    {
        var chunk = default(ChatChunk);
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("A chunk is not an object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "choices"u8)) chunk.ReadChoices(ref reader, json);
            else if (Is(ref reader, "id"u8)) chunk.Id = NextString(ref reader);
            else if (Is(ref reader, "model"u8)) chunk.Model = NextString(ref reader);
            else if (Is(ref reader, "usage"u8)) chunk.Usage = NextObject(ref reader, json);
            else if (Is(ref reader, "error"u8)) chunk.Error = Truthy(NextValue(ref reader, json));
            else Pass(ref reader);
        }

        reader.Read(); // throws where something follows the object
        return chunk;
    }

    private static ReadOnlySpan<byte> Truthy(ReadOnlySpan<byte> value) =>
        value.SequenceEqual("null"u8) || value.SequenceEqual("false"u8) || value.SequenceEqual("\"\""u8) ? default : value;

    private void ReadChoices(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            HasChoice = true;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                // A server that answers a stream with one whole completion says "message".
                if (Is(ref reader, "delta"u8) || Is(ref reader, "message"u8)) ReadDelta(ref reader, json);
                else if (Is(ref reader, "finish_reason"u8)) Take(ref FinishReason, NextString(ref reader));
                else Pass(ref reader);
            }
        }
    }

    private void ReadDelta(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "content"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.StartArray) ContentParts = Slice(ref reader, json); // Mistral's reasoning models
                else Take(ref Content, StringOrEmpty(ref reader));
            }
            else if (Is(ref reader, "reasoning_content"u8) || Is(ref reader, "reasoning"u8)) Take(ref Reasoning, NextString(ref reader)); // servers that send both repeat themselves
            else if (Is(ref reader, "refusal"u8)) Take(ref Refusal, NextString(ref reader));
            else if (Is(ref reader, "tool_calls"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.StartArray) ToolCalls = Slice(ref reader, json);
                else reader.Skip();
            }
            else Pass(ref reader);
        }
    }

    private static void Take(ref ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty) field = value;
    }
}

/// <summary>One element of <c>tool_calls</c>, whole or a delta.</summary>
internal ref struct ChatToolCall
{
    public ReadOnlySpan<byte> Id, Name, Arguments, ArgumentsObject, Signature;
    public int Index; // -1 where there is none
    public bool IsCustom;

    /// <summary>Reads the object the reader stands on.</summary>
    public static ChatToolCall Read(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        var call = new ChatToolCall { Index = -1 };
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "index"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out call.Index)) call.Index = -1;
            }
            else if (Is(ref reader, "id"u8)) call.Id = NextString(ref reader);
            else if (Is(ref reader, "function"u8) || Is(ref reader, "custom"u8)) call.ReadFunction(ref reader, json);
            else if (Is(ref reader, "type"u8)) call.IsCustom = NextString(ref reader).SequenceEqual("custom"u8);
            else if (Is(ref reader, "extra_content"u8)) call.ReadExtra(ref reader);
            else Pass(ref reader);
        }

        return call;
    }

    private void ReadFunction(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "name"u8)) Name = NextString(ref reader);
            else if (Is(ref reader, "arguments"u8) || Is(ref reader, "input"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.StartObject) ArgumentsObject = Slice(ref reader, json);
                else Arguments = StringOrEmpty(ref reader);
            }
            else Pass(ref reader);
        }
    }

    /// <summary>Gemini's thought signature, where its OpenAI-compatible surface puts it.</summary>
    private void ReadExtra(scoped ref Utf8JsonReader reader)
    {
        reader.Read();
        var depth = reader.CurrentDepth;
        if (reader.TokenType != JsonTokenType.StartObject) return;
        while (reader.Read() && !(reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == depth))
        {
            if (reader.TokenType == JsonTokenType.PropertyName && Is(ref reader, "thought_signature"u8)) Signature = NextString(ref reader);
        }
    }
}
