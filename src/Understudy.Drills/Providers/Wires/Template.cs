using System.Buffers.Text;
using System.Text;

namespace Understudy.Drills.Providers.Wires;

/// <summary>Bytes with holes for numbers, written <c>#</c>.</summary>
internal sealed class Template
{
    /// <summary>No number is longer.</summary>
    private const int LongestNumber = 20;

    private readonly byte[][] _parts;

    public Template(string text)
    {
        _parts = [.. text.Split('#').Select(Encoding.UTF8.GetBytes)];
        MaxLength = _parts.Sum(part => part.Length + LongestNumber);
    }

    /// <summary>The most that one writing takes.</summary>
    public int MaxLength { get; }

    /// <summary>Writes the bytes with <paramref name="numbers"/> in the holes, in their order.</summary>
    /// <returns>How many bytes.</returns>
    public int Write(Span<byte> output, params ReadOnlySpan<long> numbers)
    {
        var at = 0;
        for (var i = 0; i < _parts.Length; i++)
        {
            _parts[i].CopyTo(output[at..]);
            at += _parts[i].Length;
            if (i == _parts.Length - 1) break;
            Utf8Formatter.TryFormat(numbers[i], output[at..], out var written);
            at += written;
        }

        return at;
    }
}
