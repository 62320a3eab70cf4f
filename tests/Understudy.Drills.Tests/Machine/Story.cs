using System.Globalization;

namespace Understudy.Drills.Tests.Machine;

/// <summary>
/// Which run of the outage machine: everything that its seed draws, or as much of it as a failure needs. Printed and read as
/// one line, so that whoever sees a failure can see it again: <c>7</c>, or <c>7 wishes=3,9 outages=0 acts= crashes= plain=hedge</c>.
/// </summary>
/// <param name="Seed">The seed of everything.</param>
internal sealed record Story(ulong Seed)
{
    /// <summary>The kinds of elements that can be taken out one by one.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["wishes", "outages", "acts", "crashes"];

    /// <summary>The numbers of the elements that are kept, by kind; a kind that is not named is kept whole.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<int>> Kept { get; init; } = new Dictionary<string, IReadOnlyList<int>>();

    /// <summary>The settings that are taken back to their defaults.</summary>
    public IReadOnlyList<string> Plain { get; init; } = [];

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static Story Parse(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var kept = new Dictionary<string, IReadOnlyList<int>>();
        var plain = Array.Empty<string>();
        foreach (var word in words[1..])
        {
            var (name, values) = word.Split('=') is [var left, var right] ? (left, right.Split(',', StringSplitOptions.RemoveEmptyEntries)) : throw new FormatException($"'{word}' is not a part of a story");
            if (name == "plain") plain = values;
            else if (Kinds.Contains(name)) kept[name] = [.. values.Select(value => int.Parse(value, CultureInfo.InvariantCulture))];
            else throw new FormatException($"there is no '{name}' in a story: there are {string.Join(", ", Kinds)} and plain");
        }

        return new(ulong.Parse(words[0], CultureInfo.InvariantCulture)) { Kept = kept, Plain = plain };
    }

    /// <summary>Those of <paramref name="all"/> that are kept, with their numbers.</summary>
    public IReadOnlyList<(int Number, TElement Element)> Of<TElement>(string kind, IReadOnlyList<TElement> all) =>
        [.. all.Select((element, number) => (number, element)).Where(pair => !Kept.TryGetValue(kind, out var kept) || kept.Contains(pair.number))];

    /// <summary>The same with other elements of one kind.</summary>
    public Story Keeping(string kind, IEnumerable<int> numbers) => this with { Kept = new Dictionary<string, IReadOnlyList<int>>(Kept) { [kind] = [.. numbers] } };

    /// <inheritdoc/>
    public override string ToString()
    {
        var kept = Kinds.Where(Kept.ContainsKey).Select(kind => $" {kind}={string.Join(',', Kept[kind])}");
        return string.Create(CultureInfo.InvariantCulture, $"{Seed}{string.Concat(kept)}{(Plain.Count == 0 ? "" : $" plain={string.Join(',', Plain)}")}");
    }
}
