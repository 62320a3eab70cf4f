using System.Text.Json;
using static Understudy.Wires.JsonText;

namespace Understudy.Wires.Gemini;

/// <summary>The fields of one GenerateContentResponse, whole or a chunk, as slices of its bytes.</summary>
internal ref struct GeminiChunk
{
    public ReadOnlySpan<byte> Id, Model, Parts, FinishReason, FinishMessage, BlockReason, Error;
    public Usage Usage;
    public bool HasCandidate, HasUsage, IsAnswer;

    /// <exception cref="JsonException">Not a JSON object.</exception>
    public static GeminiChunk Read(ReadOnlySpan<byte> json)
    {
        var chunk = default(GeminiChunk);
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("A chunk is not an object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "candidates"u8)) chunk.ReadCandidates(ref reader, json);
            else if (Is(ref reader, "usageMetadata"u8)) chunk.ReadUsage(ref reader);
            else if (Is(ref reader, "promptFeedback"u8)) chunk.ReadFeedback(ref reader);
            else if (Is(ref reader, "responseId"u8)) chunk.Id = NextString(ref reader);
            else if (Is(ref reader, "modelVersion"u8)) chunk.Model = NextString(ref reader);
            else if (Is(ref reader, "error"u8)) chunk.Error = NextObject(ref reader, json);
            else Pass(ref reader);
        }

        reader.Read(); // throws where something follows the object
        return chunk;
    }

    private void ReadCandidates(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        IsAnswer = true;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var isFirst = !HasCandidate;
            HasCandidate = true;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (isFirst && Is(ref reader, "content"u8)) ReadContent(ref reader, json);
                else if (isFirst && Is(ref reader, "finishReason"u8)) FinishReason = NextString(ref reader);
                else if (isFirst && Is(ref reader, "finishMessage"u8)) FinishMessage = NextString(ref reader);
                else Pass(ref reader);
            }
        }
    }

    private void ReadContent(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isParts = Is(ref reader, "parts"u8);
            reader.Read();
            if (isParts && reader.TokenType == JsonTokenType.StartArray) Parts = Slice(ref reader, json);
            else reader.Skip();
        }
    }

    private void ReadFeedback(scoped ref Utf8JsonReader reader)
    {
        IsAnswer = true;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "blockReason"u8)) BlockReason = NextString(ref reader);
            else Pass(ref reader);
        }
    }

    /// <summary>Thoughts are not among the candidates' tokens; a tool's own prompt is not among the prompt's.</summary>
    private void ReadUsage(scoped ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        HasUsage = true;
        long prompt = 0, cached = 0, candidates = 0, thoughts = 0, tools = 0, total = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "promptTokenCount"u8)) prompt = NextCount(ref reader);
            else if (Is(ref reader, "cachedContentTokenCount"u8)) cached = NextCount(ref reader);
            else if (Is(ref reader, "candidatesTokenCount"u8)) candidates = NextCount(ref reader);
            else if (Is(ref reader, "thoughtsTokenCount"u8)) thoughts = NextCount(ref reader);
            else if (Is(ref reader, "toolUsePromptTokenCount"u8)) tools = NextCount(ref reader);
            else if (Is(ref reader, "totalTokenCount"u8)) total = NextCount(ref reader);
            else Pass(ref reader);
        }

        var input = prompt + tools;
        Usage = new(input, cached, 0, Math.Max(candidates + thoughts, total - input), thoughts);
    }
}

/// <summary>One part, as slices of its bytes.</summary>
internal ref struct GeminiPart
{
    public ReadOnlySpan<byte> Text, Signature, CallId, CallName, CallArguments;
    public bool IsThought, IsCall, IsOther;

    /// <summary>Reads the object the reader stands on.</summary>
    public static GeminiPart Read(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        var part = default(GeminiPart);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "text"u8)) part.Text = NextString(ref reader);
            else if (Is(ref reader, "thoughtSignature"u8)) part.Signature = NextString(ref reader);
            else if (Is(ref reader, "thought"u8))
            {
                reader.Read();
                part.IsThought = reader.TokenType == JsonTokenType.True;
                reader.Skip();
            }
            else if (Is(ref reader, "functionCall"u8)) part.ReadCall(ref reader, json);
            else
            {
                part.IsOther = true; // images, executed code: no other protocol says these
                Pass(ref reader);
            }
        }

        return part;
    }

    private void ReadCall(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        IsCall = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "id"u8)) CallId = NextString(ref reader);
            else if (Is(ref reader, "name"u8)) CallName = NextString(ref reader);
            else if (Is(ref reader, "args"u8)) CallArguments = NextObject(ref reader, json);
            else Pass(ref reader);
        }
    }
}
