using System.Text.Json;

namespace Understudy.Wires.Anthropic;

/// <summary>
/// Anthropic's token counts as they come in pieces: input at message_start, output at message_delta, sometimes input
/// again. The last value of each field wins, but a 0 never replaces a count: compatible servers repeat fields as 0.
/// </summary>
internal struct AnthropicUsage
{
    private long _input, _cacheWrite, _cacheWriteHour, _cacheRead, _output, _thinking;

    /// <summary>In the engine's meaning: <c>input_tokens</c> excludes what was read from or written to the cache.</summary>
    public readonly Usage Total => new(_input + _cacheWrite + _cacheRead, _cacheRead, _cacheWrite, _output, _thinking) { CacheWriteHour = Math.Min(_cacheWriteHour, _cacheWrite) };

    /// <summary>Takes a usage object.</summary>
    public void Add(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (JsonText.Is(ref reader, "input_tokens"u8)) Take(ref reader, ref _input);
            else if (JsonText.Is(ref reader, "cache_creation_input_tokens"u8)) Take(ref reader, ref _cacheWrite);
            else if (JsonText.Is(ref reader, "cache_read_input_tokens"u8)) Take(ref reader, ref _cacheRead);
            else if (JsonText.Is(ref reader, "output_tokens"u8)) Take(ref reader, ref _output);
            else if (JsonText.Is(ref reader, "output_tokens_details"u8)) ReadDetail(ref reader, "thinking_tokens"u8, ref _thinking);
            else if (JsonText.Is(ref reader, "cache_creation"u8)) ReadDetail(ref reader, "ephemeral_1h_input_tokens"u8, ref _cacheWriteHour);
            else JsonText.Pass(ref reader);
        }
    }

    private static void ReadDetail(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> name, ref long field)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (JsonText.Is(ref reader, name)) Take(ref reader, ref field);
            else JsonText.Pass(ref reader);
        }
    }

    private static void Take(scoped ref Utf8JsonReader reader, ref long field)
    {
        var count = JsonText.NextCount(ref reader);
        if (count > 0) field = count;
    }
}
