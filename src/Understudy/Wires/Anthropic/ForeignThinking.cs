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
    private static ReadOnlySpan<byte> Stand => """{"type":"text","text":"(no text)"}"""u8;

    /// <summary>Writes the body without our thinking blocks.</summary>
    /// <returns>False where there are none, or the body is no JSON: nothing is written then, and the body goes as it is.</returns>
    public static bool TryStrip(ReadOnlySpan<byte> body, IBufferWriter<byte> output)
    {
        if (body.IndexOf(GatewaySignature.PrefixBytes) < 0) return false;
        var cuts = new List<Cut>();
        try
        {
            FindCuts(body, cuts);
        }
        catch (JsonException)
        {
            return false; // the upstream will say what is wrong with it
        }

        if (cuts.Count == 0) return false;
        var at = 0;
        foreach (var cut in cuts)
        {
            output.Write(body[at..cut.From]);
            if (cut.NeedsStand) output.Write(Stand);
            at = cut.To;
        }

        output.Write(body[at..]);
        return true;
    }

    private static void FindCuts(ReadOnlySpan<byte> body, List<Cut> cuts)
    {
        var reader = new Utf8JsonReader(body);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMessages = reader.ValueTextEquals("messages"u8);
            reader.Read();
            if (!isMessages || reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject) FindInMessage(ref reader, body, cuts);
        }
    }

    private static void FindInMessage(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> body, List<Cut> cuts)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isContent = reader.ValueTextEquals("content"u8);
            reader.Read();
            if (isContent && reader.TokenType == JsonTokenType.StartArray) FindInContent(ref reader, body, cuts);
            else reader.Skip();
        }
    }

    private static void FindInContent(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> body, List<Cut> cuts)
    {
        var blocks = new List<(int From, int To, bool IsOurs)>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var from = (int)reader.TokenStartIndex;
            var block = JsonText.Slice(ref reader, body);
            blocks.Add((from, from + block.Length, IsOurs(block)));
        }

        var kept = blocks.FindIndex(block => !block.IsOurs);
        if (kept < 0)
        {
            // An empty message is refused too.
            if (blocks.Count > 0) cuts.Add(new(blocks[0].From, blocks[^1].To, NeedsStand: true));
            return;
        }

        // With each block goes the comma that parts it from a kept one.
        if (kept > 0) cuts.Add(new(blocks[0].From, blocks[kept].From, NeedsStand: false));
        for (var i = kept + 1; i < blocks.Count; i++)
        {
            if (blocks[i].IsOurs) cuts.Add(new(blocks[i - 1].To, blocks[i].To, NeedsStand: false));
        }
    }

    private static bool IsOurs(ReadOnlySpan<byte> block)
    {
        if (block[0] != '{') return false;
        var head = BlockHead.Read(block);
        return head.Type.SequenceEqual("thinking"u8) && head.Signature.StartsWith(GatewaySignature.PrefixBytes[1..]);
    }

    private readonly record struct Cut(int From, int To, bool NeedsStand);
}
