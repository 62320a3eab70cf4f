using System.Buffers;
using System.Text.Json;
using Understudy.Wires;

namespace Understudy.Deferral;

/// <summary>A request's body that asks for its answer in one piece: nobody listens to a stream later. All else stays to the byte.</summary>
public static class WholeBody
{
    /// <summary>The body, copied; with <c>stream</c> off and nothing said of how to stream.</summary>
    public static byte[] Of(ReadOnlySpan<byte> body)
    {
        var changes = new ArrayCuts(static _ => false);
        var reader = new Utf8JsonReader(body, new() { MaxDepth = 512 });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var off = JsonText.Is(ref reader, "stream"u8) ? "false"u8 : JsonText.Is(ref reader, "stream_options"u8) ? "null"u8 : default;
            reader.Read();
            var from = (int)reader.TokenStartIndex;
            reader.Skip();
            if (!off.IsEmpty) changes.Replace(from, (int)reader.BytesConsumed, off.ToArray());
        }

        var output = new ArrayBufferWriter<byte>(body.Length + 8);
        return changes.TryWrite(body, default, output) ? output.WrittenSpan.ToArray() : body.ToArray();
    }
}
