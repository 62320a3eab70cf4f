using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Understudy.Wires;

/// <summary>The small JSON moves that every wire needs: string tokens to text, values as slices, one way of writing.</summary>
internal static class JsonText
{
    /// <summary>
    /// How every wire writes: letters of any script stay as they are (only what lies beyond the BMP is escaped, which
    /// .NET's encoders can't be told to leave alone). Bodies are never put into HTML.
    /// </summary>
    public static JsonWriterOptions Writing { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>
    /// The text of a string token, given its bytes between the quotes. Unlike <see cref="Utf8JsonReader.GetString"/> it
    /// takes half a surrogate pair (<c>"\ud83d"</c>): servers cut their deltas there, and the other half comes next.
    /// </summary>
    public static string Unescape(ReadOnlySpan<byte> raw)
    {
        if (raw.IndexOf((byte)'\\') < 0) return Encoding.UTF8.GetString(raw);
        var text = new StringBuilder(raw.Length);
        while (!raw.IsEmpty)
        {
            var plain = raw.IndexOf((byte)'\\');
            if (plain < 0) plain = raw.Length;
            if (plain > 0) text.Append(Encoding.UTF8.GetString(raw[..plain]));
            raw = raw[plain..];
            if (raw.Length < 2) break;
            var taken = 2;
            switch (raw[1])
            {
                case (byte)'n': text.Append('\n'); break;
                case (byte)'t': text.Append('\t'); break;
                case (byte)'r': text.Append('\r'); break;
                case (byte)'b': text.Append('\b'); break;
                case (byte)'f': text.Append('\f'); break;
                case (byte)'u':
                    text.Append((char)int.Parse(raw.Slice(2, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                    taken = 6;
                    break;
                default: text.Append((char)raw[1]); break;
            }

            raw = raw[taken..];
        }

        return text.ToString();
    }

    /// <summary>
    /// Whether the name the reader stands on is this one. Not <see cref="Utf8JsonReader.ValueTextEquals(ReadOnlySpan{byte})"/>:
    /// it throws on half a surrogate pair, and no server writes these names with escapes.
    /// </summary>
    public static bool Is(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> name) => reader.ValueSpan.SequenceEqual(name);

    /// <summary>The text of a string element; halves of surrogate pairs are kept.</summary>
    public static string TextOf(JsonElement text) => Unescape(JsonMarshal.GetRawUtf8Value(text)[1..^1]);

    /// <summary>The bytes of the value the reader stands on, strings with their quotes; the reader is left at its last token.</summary>
    public static ReadOnlySpan<byte> Slice(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return json[start..(int)reader.BytesConsumed];
    }

    /// <summary>The bytes between the quotes where the reader stands on a string; else empty.</summary>
    public static ReadOnlySpan<byte> StringOrEmpty(scoped ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String) return reader.ValueSpan;
        reader.Skip();
        return default;
    }

    /// <summary>A whole number where the reader stands on one; else 0. A float is cut: some servers count in floats.</summary>
    public static long CountOrZero(scoped ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.Number)
        {
            reader.Skip();
            return 0;
        }

        if (reader.TryGetInt64(out var count)) return Math.Max(0, count);
        return reader.TryGetDouble(out var number) && number is > 0 and < long.MaxValue ? (long)number : 0;
    }

    /// <summary>Writes a value as it was written. Not <see cref="JsonElement.WriteTo"/>: it throws on half a surrogate pair.</summary>
    public static void WriteAsIs(this Utf8JsonWriter json, JsonElement value) => json.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);

    /// <summary>Writes a property as it was written.</summary>
    public static void WriteAsIs(this Utf8JsonWriter json, JsonProperty property)
    {
        json.WritePropertyName(property.Name);
        json.WriteAsIs(property.Value);
    }

    /// <summary>Writes a property whose value is JSON already.</summary>
    public static void WriteRaw(this Utf8JsonWriter json, string name, string value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value, skipInputValidation: true);
    }

    /// <summary>The same JSON on one line: a line break, which can stand between tokens only, would end a stream's data line.</summary>
    public static string OneLine(string json) => json.Replace('\n', ' ').Replace('\r', ' ');

    /// <summary>Moves from a property's name to its value and takes a string's inside; empty for any other value.</summary>
    public static ReadOnlySpan<byte> NextString(scoped ref Utf8JsonReader reader)
    {
        reader.Read();
        return StringOrEmpty(ref reader);
    }

    /// <summary>Moves from a property's name to its value and takes it if it is an object; empty for any other value.</summary>
    public static ReadOnlySpan<byte> NextObject(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartObject) return Slice(ref reader, json);
        reader.Skip();
        return default;
    }

    /// <summary>Moves from a property's name to its value and takes it whatever it is.</summary>
    public static ReadOnlySpan<byte> NextValue(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        reader.Read();
        return Slice(ref reader, json);
    }

    /// <summary>Moves from a property's name to its value and takes a count; 0 for any other value.</summary>
    public static long NextCount(scoped ref Utf8JsonReader reader)
    {
        reader.Read();
        return CountOrZero(ref reader);
    }

    /// <summary>Moves from a property's name over its value.</summary>
    public static void Pass(scoped ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }
}
