namespace Understudy.PolicyFile.Keys;

/// <summary>One key of the file: what the reader checks, what the schema says and what the documentation prints.</summary>
/// <param name="Name">As it is written.</param>
/// <param name="Kind">What its value is.</param>
/// <param name="Meaning">One sentence for the documentation and for editors.</param>
internal sealed record Key(string Name, KeyKind Kind, string Meaning)
{
    /// <summary>Its default as text; null where the meaning tells it, or where there is none.</summary>
    public string? Default { get; init; }

    /// <summary>Whether it must be there.</summary>
    public bool Required { get; init; }

    /// <summary>The words of <see cref="KeyKind.Word"/>; of a <see cref="KeyKind.Duration"/> or a <see cref="KeyKind.TextOrObject"/>, those that may stand in its place.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The least number, included.</summary>
    public double Least { get; init; } = double.MinValue;

    /// <summary>Whether the number must be more than <see cref="Least"/>.</summary>
    public bool MoreThanLeast { get; init; }

    /// <summary>The greatest number, included; in seconds for a duration, in bytes for a size.</summary>
    public double Most { get; init; } = double.MaxValue;

    /// <summary>Whether a secret may stand in the file as it is, since it usually holds none.</summary>
    public bool MayBeLiteral { get; init; }

    /// <summary>What is inside an object, a list of objects or a mapping of objects.</summary>
    public KeyShape? Shape { get; init; }

    /// <summary>What other tools call it: only ever said in "did you mean".</summary>
    public IReadOnlyList<string> Elsewhere { get; init; } = [];

    /// <summary>An example for the message about a wrong type.</summary>
    public string? Example { get; init; }
}
