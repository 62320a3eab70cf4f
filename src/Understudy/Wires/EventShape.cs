using System.Buffers;

namespace Understudy.Wires;

/// <summary>
/// The shape of an event of text: everything in it but its text. A stream's text comes in hundreds of events that differ
/// in nothing else, so an event is compared with the one before it, and read as JSON only where the two differ: a
/// comparison of bytes instead of a walk over tokens.
/// </summary>
/// <remarks>
/// It says only that an event is of the shape of the one before. What that one meant, this one means where the reader's
/// state is the same: a reader forgets the shape at every event that it reads in full.
/// </remarks>
internal struct EventShape
{
    private const int Longest = 1024;

    /// <summary>What cannot stand in a JSON string as it is, and the quote that ends it.</summary>
    private static readonly SearchValues<byte> Ends = SearchValues.Create([.. Enumerable.Range(0, 32).Select(control => (byte)control), (byte)'"', (byte)'\\']);

    private byte[]? _bytes;
    private int _length;
    private int _head; // up to the text
    private int _middle; // behind the text, up to the padding that OpenAI varies against eavesdroppers, or to the end

    /// <summary>Whether an event is of the shape.</summary>
    /// <param name="sseEvent">The raw event.</param>
    /// <param name="text">Its text as it stands there: at least one byte, without escapes.</param>
    public readonly bool Fits(ReadOnlySpan<byte> sseEvent, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (_length == 0 || sseEvent.Length <= _head) return false;
        var shape = _bytes.AsSpan(0, _length);
        if (!sseEvent[.._head].SequenceEqual(shape[.._head])) return false;
        var rest = sseEvent[_head..];
        var end = rest.IndexOfAny(Ends);
        if (end <= 0 || rest[end] != '"') return false;
        text = rest[..end];
        rest = rest[end..];
        var middle = shape[_head.._middle];
        if (!rest.StartsWith(middle)) return false;
        rest = rest[middle.Length..];
        if (_middle == _length) return rest.IsEmpty;
        var padding = rest.IndexOfAny(Ends);
        return padding >= 0 && rest[padding] == '"' && rest[padding..].SequenceEqual(shape[_middle..]);
    }

    /// <summary>Takes the shape of an event that says nothing but text.</summary>
    /// <param name="sseEvent">The raw event.</param>
    /// <param name="text">Its text, a slice of it.</param>
    public void Learn(ReadOnlySpan<byte> sseEvent, ReadOnlySpan<byte> text)
    {
        _length = 0;
        if (sseEvent.Length - text.Length > Longest || !sseEvent.Overlaps(text, out var at)) return; // joined data lines are another array
        var rest = sseEvent[(at + text.Length)..];
        _bytes ??= ArrayPool<byte>.Shared.Rent(Longest);
        sseEvent[..at].CopyTo(_bytes);
        _head = at;
        var padding = rest.IndexOf("\"obfuscation\":\""u8);
        var fixedPart = padding < 0 ? rest : rest[..(padding + "\"obfuscation\":\""u8.Length)];
        fixedPart.CopyTo(_bytes.AsSpan(_head));
        _middle = _length = _head + fixedPart.Length;
        if (padding < 0) return;
        rest = rest[fixedPart.Length..];
        var end = rest.IndexOf((byte)'"');
        if (end < 0)
        {
            _length = 0;
            return;
        }

        rest[end..].CopyTo(_bytes.AsSpan(_middle));
        _length += rest.Length - end;
    }

    /// <summary>Forgets the shape.</summary>
    public void Forget() => _length = 0;

    /// <summary>Gives back what it holds.</summary>
    public void Release()
    {
        _length = 0;
        if (_bytes is not null) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = null;
    }
}
