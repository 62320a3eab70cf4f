using System.Buffers;

namespace Understudy.Wires;

/// <summary>One server-sent event: its name and its data, as slices of the bytes it came in.</summary>
public readonly ref struct SseEvent
{
    private SseEvent(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        Name = name;
        Data = data;
    }

    /// <summary>The value of the last <c>event:</c> line; empty where there was none.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The values of the <c>data:</c> lines, joined by LF; empty where there was none (a comment).</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>Reads the lines of one event, as <see cref="SseSplitter"/> cut it. A byte order mark is skipped.</summary>
    /// <remarks>Allocates only where there are several data lines.</remarks>
    public static SseEvent Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("\uFEFF"u8)) bytes = bytes[3..];
        ReadOnlySpan<byte> name = default, data = default;
        ArrayBufferWriter<byte>? joined = null;
        var hasData = false;
        while (!bytes.IsEmpty)
        {
            var length = bytes.IndexOfAny((byte)'\n', (byte)'\r');
            var line = length < 0 ? bytes : bytes[..length];
            var next = length < 0 ? bytes.Length : length + 1;
            if (length >= 0 && bytes[length] == '\r' && next < bytes.Length && bytes[next] == '\n') next++;
            bytes = bytes[next..];

            if (line.StartsWith("data:"u8))
            {
                var value = Value(line, 5);
                if (!hasData)
                {
                    data = value;
                    hasData = true;
                }
                else
                {
                    if (joined is null)
                    {
                        joined = new();
                        joined.Write(data);
                    }

                    joined.Write("\n"u8);
                    joined.Write(value);
                }
            }
            else if (line.StartsWith("event:"u8))
            {
                name = Value(line, 6);
            }
        }

        return new(name, joined is null ? data : joined.WrittenSpan);
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> line, int colon) =>
        line.Length > colon && line[colon] == ' ' ? line[(colon + 1)..] : line[colon..];
}
