namespace Understudy.ControlRoom.Feed;

/// <summary>
/// Who can serve: providers, and the words of rungs without a model. Each has a number, so that a moment of traffic is a row
/// of numbers. Bounded: what comes after the last number is counted as others. Not thread-safe: its feed locks.
/// </summary>
internal sealed class Lanes
{
    /// <summary>The most lanes, others included.</summary>
    public const int Most = 32;

    /// <summary>The last lane's name.</summary>
    public const string Others = "others";

    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];

    /// <summary>The names so far, by number.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>The number of a server: a provider's name, <c>provider/model</c>, or a rung's word. Allocates on first sight only.</summary>
    public int Of(string server)
    {
        var slash = server.AsSpan().IndexOf('/');
        var name = slash < 0 ? server.AsSpan() : server.AsSpan(0, slash);
        if (_numbers.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var known)) return known;
        var added = name.ToString();
        if (_names.Count >= Most - 1) return Most - 1;
        _numbers.Add(added, _names.Count);
        _names.Add(added);
        return _names.Count - 1;
    }

    /// <summary>The name of a number.</summary>
    public string Name(int number) => number < _names.Count ? _names[number] : Others;
}
