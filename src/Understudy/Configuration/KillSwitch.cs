namespace Understudy.Configuration;

/// <summary>What must not be called: whole providers, single targets, or everything.</summary>
/// <param name="names">Provider names, <c>provider/model</c> targets, or <c>all</c>.</param>
public sealed class KillSwitch(IEnumerable<string> names)
{
    private readonly HashSet<string> _names = new(names, StringComparer.OrdinalIgnoreCase);

    /// <summary>Nothing is killed.</summary>
    public static KillSwitch None { get; } = new([]);

    /// <summary>What it names, sorted.</summary>
    public IReadOnlyList<string> Names => [.. _names.Order(StringComparer.Ordinal)];

    /// <summary>Whether nothing is killed.</summary>
    public bool IsEmpty => _names.Count == 0;

    /// <summary>Reads the value of <c>UNDERSTUDY_KILL</c>: names, separated by commas.</summary>
    public static KillSwitch Parse(string? text) => string.IsNullOrWhiteSpace(text)
        ? None
        : new(text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>What both name together.</summary>
    public KillSwitch With(KillSwitch other) => new(_names.Concat(other._names));

    /// <summary>Whether the target must not be called.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="target"><c>provider/model</c>, with the model that would be sent.</param>
    public bool Covers(string provider, string target) =>
        _names.Count != 0 && (_names.Contains("all") || _names.Contains(provider) || _names.Contains(target));
}
