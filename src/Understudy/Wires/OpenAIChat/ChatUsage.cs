using System.Text.Json;

namespace Understudy.Wires.OpenAIChat;

/// <summary>Reads the usage object of a Chat Completions answer or chunk.</summary>
internal static class ChatUsage
{
    /// <summary>The counts; all 0 where there are none.</summary>
    public static Usage Read(ReadOnlySpan<byte> json)
    {
        long prompt = 0, completion = 0, total = 0, cacheRead = 0, cacheWrite = 0, reasoning = 0;
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return default;

        // The details lie one level down, under names that do not clash: one loop reads both levels.
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            if (JsonText.Is(ref reader, "prompt_tokens"u8)) prompt = JsonText.NextCount(ref reader);
            else if (JsonText.Is(ref reader, "completion_tokens"u8)) completion = JsonText.NextCount(ref reader);
            else if (JsonText.Is(ref reader, "total_tokens"u8)) total = JsonText.NextCount(ref reader);
            else if (JsonText.Is(ref reader, "cached_tokens"u8)) cacheRead = JsonText.NextCount(ref reader);
            else if (JsonText.Is(ref reader, "prompt_cache_hit_tokens"u8)) cacheRead = Math.Max(cacheRead, JsonText.NextCount(ref reader)); // DeepSeek
            else if (JsonText.Is(ref reader, "cache_write_tokens"u8)) cacheWrite = JsonText.NextCount(ref reader);
            else if (JsonText.Is(ref reader, "reasoning_tokens"u8)) reasoning = JsonText.NextCount(ref reader);
        }

        // Google's compatible surface says completion 0, or leaves the thoughts out of it; its total is right.
        var output = Math.Max(completion, total - prompt);
        return new(prompt, Math.Min(cacheRead, prompt), cacheWrite, output, Math.Min(reasoning, output));
    }
}
