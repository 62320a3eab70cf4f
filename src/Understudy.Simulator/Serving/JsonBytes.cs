using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Understudy.Simulator.Serving;

/// <summary>JSON and server-sent events as the vendors write them: compact, and text beyond ASCII as it is.</summary>
internal static class JsonBytes
{
    private static readonly JsonWriterOptions Raw = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>One object.</summary>
    public static ReadOnlyMemory<byte> Object(Action<Utf8JsonWriter> members)
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        Write(bytes, members);
        return bytes.WrittenMemory;
    }

    /// <summary>An event with a name: Anthropic, OpenAI Responses.</summary>
    public static Frame Event(string name, FrameKind kind, Action<Utf8JsonWriter> members)
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        bytes.Write("event: "u8);
        Encoding.UTF8.GetBytes(name.AsSpan(), bytes);
        bytes.Write("\ndata: "u8);
        Write(bytes, members);
        bytes.Write("\n\n"u8);
        return new Frame(bytes.WrittenMemory, kind);
    }

    /// <summary>An event without a name: OpenAI Chat, Gemini.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="members">Writes the object's members.</param>
    /// <param name="lineEnd">Google ends lines in CRLF.</param>
    public static Frame Data(FrameKind kind, Action<Utf8JsonWriter> members, string lineEnd = "\n")
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        bytes.Write("data: "u8);
        Write(bytes, members);
        Encoding.UTF8.GetBytes((lineEnd + lineEnd).AsSpan(), bytes);
        return new Frame(bytes.WrittenMemory, kind);
    }

    private static void Write(ArrayBufferWriter<byte> bytes, Action<Utf8JsonWriter> members)
    {
        using var json = new Utf8JsonWriter(bytes, Raw);
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    }
}
