using System.Buffers;
using System.Text.Json;

namespace Understudy.Wires.Anthropic;

/// <summary>
/// Takes reasoning that we gave to an Anthropic client out of a body that is otherwise passed on byte for byte. Anthropic
/// refuses a signature that is not its own, and the client resends it each turn: without this, one failover to another
/// vendor would spoil the conversation for ever.
/// </summary>
public static class ForeignThinking
{
    private static ReadOnlySpan<byte> Stand => """{"type":"text","text":"(no text)"}"""u8; // an empty message is refused too

    /// <summary>Writes the body without our thinking blocks.</summary>
    /// <returns>False where there are none, or the body is no JSON: nothing is written then, and the body goes as it is.</returns>
    public static bool TryStrip(ReadOnlySpan<byte> body, IBufferWriter<byte> output)
    {
        if (body.IndexOf(GatewaySignature.PrefixBytes) < 0) return false;
        var cuts = new ArrayCuts(IsOurs);
        try
        {
            Find(body, cuts);
        }
        catch (JsonException)
        {
            return false; // the upstream will say what is wrong with it
        }

        return cuts.TryWrite(body, Stand, output);
    }

    private static void Find(ReadOnlySpan<byte> body, ArrayCuts cuts)
    {
        var reader = new Utf8JsonReader(body);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMessages = JsonText.Is(ref reader, "messages"u8);
            reader.Read();
            if (!isMessages || reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject) FindInMessage(ref reader, body, cuts);
        }
    }

    private static void FindInMessage(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> body, ArrayCuts cuts)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isContent = JsonText.Is(ref reader, "content"u8);
            reader.Read();
            if (isContent && reader.TokenType == JsonTokenType.StartArray) cuts.Find(ref reader, body);
            else reader.Skip();
        }
    }

    private static bool IsOurs(ReadOnlySpan<byte> block)
    {
        var head = BlockHead.Read(block);
        return head.Type.SequenceEqual("thinking"u8) && head.Signature.StartsWith(GatewaySignature.PrefixBytes[1..]);
    }
}
