using System.Buffers;
using System.Text.Json;

namespace Understudy.Wires.OpenAIResponses;

/// <summary>
/// Takes reasoning that we gave to a Responses client out of a body that is otherwise passed on byte for byte. OpenAI
/// looks an item's id up in the account and answers 404 for one that it did not make.
/// </summary>
public static class ForeignReasoning
{
    /// <summary>Writes the body without our reasoning items.</summary>
    /// <returns>False where there are none, or the body is no JSON: nothing is written then, and the body goes as it is.</returns>
    public static bool TryStrip(ReadOnlySpan<byte> body, IBufferWriter<byte> output)
    {
        if (body.IndexOf("\"rs_gw_"u8) < 0) return false;
        var cuts = new ArrayCuts(IsOurs);
        try
        {
            var reader = new Utf8JsonReader(body);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isInput = JsonText.Is(ref reader, "input"u8);
                reader.Read();
                if (isInput && reader.TokenType == JsonTokenType.StartArray) cuts.Find(ref reader, body);
                else reader.Skip();
            }
        }
        catch (JsonException)
        {
            return false; // the upstream will say what is wrong with it
        }

        return cuts.TryWrite(body, default, output);
    }

    private static bool IsOurs(ReadOnlySpan<byte> item)
    {
        var isReasoning = false;
        var isOurs = false;
        var reader = new Utf8JsonReader(item);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (JsonText.Is(ref reader, "type"u8)) isReasoning = JsonText.NextString(ref reader).SequenceEqual("reasoning"u8);
            else if (JsonText.Is(ref reader, "id"u8)) isOurs = JsonText.NextString(ref reader).StartsWith("rs_gw_"u8);
            else JsonText.Pass(ref reader);
        }

        return isReasoning && isOurs;
    }
}
