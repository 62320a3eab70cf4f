using System.Buffers.Binary;
using System.Text;

namespace Understudy.Gateway.Tests.Telemetry;

/// <summary>A protobuf message, as far as a test must look into one: fields by number.</summary>
internal sealed class Protobuf
{
    private readonly List<(int Number, object Value)> _fields = [];

    public Protobuf(ReadOnlyMemory<byte> bytes)
    {
        var at = 0;
        while (at < bytes.Length)
        {
            var key = Varint(bytes.Span, ref at);
            object value;
            switch (key & 7)
            {
                case 0:
                    value = (long)Varint(bytes.Span, ref at);
                    break;
                case 1:
                    value = BinaryPrimitives.ReadInt64LittleEndian(bytes.Span[at..]);
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(bytes.Span, ref at);
                    value = bytes.Slice(at, length);
                    at += length;
                    break;
                case 5:
                    value = (long)BinaryPrimitives.ReadInt32LittleEndian(bytes.Span[at..]);
                    at += 4;
                    break;
                default:
                    throw new FormatException($"wire type {key & 7}");
            }

            _fields.Add(((int)(key >> 3), value));
        }
    }

    public IEnumerable<Protobuf> Messages(int number) => All<ReadOnlyMemory<byte>>(number).Select(bytes => new Protobuf(bytes));

    public string Text(int number) => Encoding.UTF8.GetString(All<ReadOnlyMemory<byte>>(number).LastOrDefault().Span);

    public string Hex(int number) => Convert.ToHexStringLower(All<ReadOnlyMemory<byte>>(number).LastOrDefault().Span);

    public long Number(int number) => All<long>(number).LastOrDefault();

    public bool Has(int number) => _fields.Exists(field => field.Number == number);

    /// <summary>OTLP's list of key and value, as text.</summary>
    public Dictionary<string, string> Attributes(int number) => Messages(number).ToDictionary(pair => pair.Text(1), pair =>
    {
        var value = pair.Messages(2).Single();
        return value.Has(1) ? value.Text(1)
            : value.Has(2) ? (value.Number(2) != 0 ? "true" : "false")
            : value.Has(3) ? value.Number(3).ToString(System.Globalization.CultureInfo.InvariantCulture)
            : value.Has(4) ? BitConverter.Int64BitsToDouble(value.Number(4)).ToString(System.Globalization.CultureInfo.InvariantCulture)
            : "";
    });

    private IEnumerable<T> All<T>(int number) => _fields.Where(field => field.Number == number).Select(field => (T)field.Value);

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var b = bytes[at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return value;
        }
    }
}
