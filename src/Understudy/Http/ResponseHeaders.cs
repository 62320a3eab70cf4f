using System.Text;

namespace Understudy.Http;

/// <summary>
/// The header fields of a response, read from its raw bytes on demand. Spans stay valid until the exchange is next read
/// or disposed.
/// </summary>
public readonly ref struct ResponseHeaders
{
    private readonly ReadOnlySpan<byte> _lines;

    /// <param name="lines">Checked field lines, each ending in CRLF.</param>
    internal ResponseHeaders(ReadOnlySpan<byte> lines) => _lines = lines;

    /// <summary>Finds the first field of a name.</summary>
    /// <param name="name">The name; case is ignored.</param>
    /// <param name="value">Its value without surrounding blanks.</param>
    public bool TryGet(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        foreach (var field in this)
        {
            if (field.Name.Length != name.Length || !Ascii.EqualsIgnoreCase(field.Name, name)) continue;
            value = field.Value;
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>The value of the first field of a name as a string (Latin-1), or null.</summary>
    /// <param name="name">The name; case is ignored.</param>
    public string? GetString(ReadOnlySpan<byte> name) => TryGet(name, out var value) ? Encoding.Latin1.GetString(value) : null;

    /// <summary>Goes through the fields in the order in which they came.</summary>
    public Enumerator GetEnumerator() => new(_lines);

    /// <summary>One field.</summary>
    public readonly ref struct Field
    {
        internal Field(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            Name = name;
            Value = value;
        }

        /// <summary>The name as the peer wrote it.</summary>
        public ReadOnlySpan<byte> Name { get; }

        /// <summary>The value without surrounding blanks.</summary>
        public ReadOnlySpan<byte> Value { get; }

        /// <summary>Takes the field apart.</summary>
        public void Deconstruct(out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
        {
            name = Name;
            value = Value;
        }
    }

    /// <summary>Goes through the fields.</summary>
    public ref struct Enumerator
    {
        private ReadOnlySpan<byte> _rest;

        internal Enumerator(ReadOnlySpan<byte> lines) => _rest = lines;

        /// <summary>The field at hand.</summary>
        public Field Current { get; private set; }

        /// <summary>Goes on to the next field.</summary>
        public bool MoveNext()
        {
            if (_rest.IsEmpty) return false;
            var end = _rest.IndexOf((byte)'\n');
            var line = _rest[..(end - 1)];
            var colon = line.IndexOf((byte)':');
            Current = new(line[..colon], line[(colon + 1)..].Trim(" \t"u8));
            _rest = _rest[(end + 1)..];
            return true;
        }
    }
}
