using Understudy.PolicyFile.Keys;

namespace Understudy.PolicyFile.Reading;

/// <summary>A mapping of the file after the table's check: every value it gives is of the kind the table names.</summary>
internal sealed class Section(KeyShape shape, Mark at)
{
    private readonly Dictionary<string, Field> _fields = new(StringComparer.Ordinal);

    public Mark At { get; } = at;

    public IEnumerable<Field> Fields => _fields.Values;

    /// <summary>The field, or null where the file does not have the key. A key that the table lacks is a bug of ours.</summary>
    public Field? Field(string name) => shape.Find(name) is null
        ? throw new InvalidOperationException($"The table has no key '{name}' in {shape.Title}.")
        : _fields.GetValueOrDefault(name);

    public bool Has(string name) => Field(name) is not null;

    /// <summary>The value; null where the key is absent, or where its value was wrong and was reported.</summary>
    public T? Value<T>(string name) where T : struct => Field(name)?.Value is T value ? value : null;

    /// <summary>The text; null where the key is absent or was wrong.</summary>
    public string? Text(string name) => Field(name)?.Value as string;

    /// <summary>The section; null where the key is absent or was wrong.</summary>
    public Section? Inner(string name) => Field(name)?.Value as Section;

    /// <summary>The elements of a list or of a mapping; empty where the key is absent or was wrong.</summary>
    public IReadOnlyList<Field> Items(string name) => Field(name)?.Value as IReadOnlyList<Field> ?? [];

    public void Set(Field field) => _fields[field.Name] = field;
}

/// <summary>A value with its place.</summary>
/// <param name="Name">The key, or the name in a mapping; empty in a list.</param>
/// <param name="KeyAt">Where the key stands.</param>
/// <param name="At">Where the value stands.</param>
/// <param name="Value">The value; null where it was wrong and was reported.</param>
/// <param name="Shown">The value as the file has it, references unread: what a message may show.</param>
internal sealed record Field(string Name, Mark KeyAt, Mark At, object? Value, string Shown);
