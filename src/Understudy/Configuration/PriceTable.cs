using System.Collections.Concurrent;

namespace Understudy.Configuration;

/// <summary>The prices of one policy. Immutable, but for a bounded memory of what was looked up.</summary>
/// <param name="find">The price of a provider's model; null where nobody knows it. Must always answer the same.</param>
public sealed class PriceTable(Func<ProviderModel, string, PriceModel?> find)
{
    /// <summary>Clients choose model names; what is remembered of them is bounded.</summary>
    private const int MaxRemembered = 1024;

    private readonly ConcurrentDictionary<(string Provider, string Model), PriceModel?> _known = new();

    /// <summary>No price is known.</summary>
    public static PriceTable Empty { get; } = new((_, _) => null);

    /// <summary>The price of a model at a provider; null where it is not known, which is not the same as free.</summary>
    public PriceModel? Find(ProviderModel provider, string model)
    {
        var key = (provider.Name, model);
        if (_known.TryGetValue(key, out var price)) return price;
        price = find(provider, model);
        if (_known.Count < MaxRemembered) _known.TryAdd(key, price);
        return price;
    }
}
