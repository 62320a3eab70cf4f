using System.Buffers;
using System.Text.Json;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Notices;

/// <summary>
/// Takes the gateway's own notices out of the history in a request that is otherwise passed on byte for byte. The whole
/// turn goes: every vendor takes two turns of the user's in a row, and answers both. Left in, or told as a remark, the
/// notice would be imitated.
/// </summary>
internal static class NoticeHistory
{
    /// <summary>Writes the body without the turns that are notices.</summary>
    /// <returns>False where there are none, or the body is no JSON: nothing is written then, and the body goes as it is.</returns>
    public static bool TryCut(WireProtocol protocol, ReadOnlySpan<byte> body, NoticeMemory memory, IBufferWriter<byte> output)
    {
        var cuts = new ArrayCuts(turn => memory.MayBeIn(turn) && TextOfModel(turn) is { } text && memory.IsNotice(text));
        try
        {
            var reader = new Utf8JsonReader(body);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isHistory = JsonText.Is(ref reader, History(protocol));
                reader.Read();
                if (isHistory && reader.TokenType == JsonTokenType.StartArray) cuts.Find(ref reader, body);
                else reader.Skip();
            }
        }
        catch (JsonException)
        {
            return false; // the upstream will say what is wrong with it
        }

        return cuts.TryWrite(body, Start(protocol), output);
    }

    private static ReadOnlySpan<byte> History(WireProtocol protocol) => protocol switch
    {
        WireProtocol.AnthropicMessages or WireProtocol.OpenAIChat => "messages"u8,
        WireProtocol.OpenAIResponses => "input"u8,
        WireProtocol.Gemini => "contents"u8,
        WireProtocol.InProcess => "turns"u8,
    };

    /// <summary>Stands in for a history of nothing but notices: an empty one is refused.</summary>
    private static ReadOnlySpan<byte> Start(WireProtocol protocol) => protocol switch
    {
        WireProtocol.AnthropicMessages or WireProtocol.OpenAIChat or WireProtocol.OpenAIResponses or WireProtocol.InProcess => """{"role":"user","content":"(start)"}"""u8,
        WireProtocol.Gemini => """{"role":"user","parts":[{"text":"(start)"}]}"""u8,
    };

    /// <summary>What a turn of the model's says, where it says nothing but text; else null.</summary>
    private static string? TextOfModel(ReadOnlySpan<byte> turn)
    {
        var reader = new Utf8JsonReader(turn);
        var message = JsonElement.ParseValue(ref reader);
        if (!message.TryGetProperty("role", out var role) || !(role.ValueEquals("assistant"u8) || role.ValueEquals("model"u8))) return null;
        if (message.TryGetProperty("tool_calls", out var calls) && calls.ValueKind == JsonValueKind.Array && calls.GetArrayLength() > 0) return null;
        if (!message.TryGetProperty("content", out var content) && !message.TryGetProperty("parts", out content)) return null;
        if (content.ValueKind == JsonValueKind.String) return JsonText.TextOf(content);
        if (content.ValueKind != JsonValueKind.Array) return null;
        var said = "";
        foreach (var part in content.EnumerateArray())
        {
            if (part.ValueKind != JsonValueKind.Object || !part.TryGetProperty("text", out var text) || text.ValueKind != JsonValueKind.String) return null;
            said += JsonText.TextOf(text);
        }

        return said;
    }
}
