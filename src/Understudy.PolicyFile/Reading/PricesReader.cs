using Understudy.Configuration;
using Understudy.Routing;
using Understudy.PolicyFile.Catalogue;

namespace Understudy.PolicyFile.Reading;

/// <summary>Reads <c>prices</c>: the operator's own, which go before the catalogue's.</summary>
internal sealed class PricesReader(MistakeList mistakes)
{
    /// <summary>The entries, in the file's order.</summary>
    public List<KnownPrices.Own> Read(IReadOnlyList<Field> entries, IReadOnlyList<ProviderModel> providers)
    {
        var prices = new List<KnownPrices.Own>();
        var earlier = new List<(KnownPrices.Own Own, Field Field)>();
        foreach (var entry in entries)
        {
            var (provider, model) = Pattern(entry, providers);
            if (entry.Value is not Section section || Rates(section) is not { } rates) continue;
            var own = new KnownPrices.Own(provider, model, rates);
            if (earlier.Find(one => Covers(one.Own, own)) is { Field: { } first })
                mistakes.Add(entry.KeyAt, $"'{entry.Name}' never counts: '{first.Name}' in line {first.KeyAt.Line} already matches", "the first entry that matches wins: move this one up, or narrow the other");
            earlier.Add((own, entry));
            prices.Add(own);
        }
        return prices;
    }

    private (string? Provider, string Model) Pattern(Field entry, IReadOnlyList<ProviderModel> providers)
    {
        var name = entry.Name.Trim();
        if (name.Length == 0 || name.Any(char.IsWhiteSpace)) mistakes.Add(entry.KeyAt, $"'{entry.Name}' is not a pattern of a model's name", "a model, or provider/model; '*' stands for any text");
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0) return (null, name);
        var first = name[..slash];
        if (providers.FirstOrDefault(one => string.Equals(one.Name, first, StringComparison.OrdinalIgnoreCase)) is { } provider) return (provider.Name, name[(slash + 1)..]);
        // Some models have a slash in their own name; a misspelt provider is likelier.
        if (Nearest.To(first, providers.Select(one => one.Name)) is { } near)
            mistakes.Add(entry.KeyAt, $"'{entry.Name}' names the provider '{first}', which is not in 'providers'", $"known: {string.Join(", ", providers.Select(one => one.Name))}", $"{near}{name[slash..]}");
        return (null, name);
    }

    private static TokenRates? Rates(Section section)
    {
        if (Rate(section, "input") is not { } input || Rate(section, "output") is not { } output) return null; // reported by the table
        return TokenRates.Of(input, output, Rate(section, "cache_read"), Rate(section, "cache_write"), Rate(section, "cache_write_1h"));
    }

    private static decimal? Rate(Section section, string name) => (decimal?)section.Value<double>(name);

    private static bool Covers(KnownPrices.Own wide, KnownPrices.Own narrow) =>
        (wide.Provider is null || wide.Provider == narrow.Provider) && ModelPattern.Covers(wide.Model, narrow.Model);
}
