using System.Net;
using Understudy.Configuration;

namespace Understudy.PolicyFile.Catalogue;

/// <summary>The operator's own prices, and below them those of the catalogue.</summary>
internal static class KnownPrices
{
    private static readonly string[] _closedVendors = ["anthropic", "openai", "google"];

    /// <summary>One entry of <c>prices</c>.</summary>
    /// <param name="Provider">The provider that it is for; null for every provider.</param>
    /// <param name="Model">The pattern of the model's name.</param>
    /// <param name="Rates">The rates.</param>
    public sealed record Own(string? Provider, string Model, TokenRates Rates);

    /// <summary>The table; the first entry that matches wins, then the catalogue.</summary>
    public static PriceTable Table(IReadOnlyList<Own> own) => new((provider, model) =>
        own.FirstOrDefault(entry => Matches(entry, provider, model)) is { } written ? new PriceModel { Base = written.Rates } : OfCatalogue(provider, model));

    private static bool Matches(Own entry, ProviderModel provider, string model) =>
        (entry.Provider is null || string.Equals(entry.Provider, provider.Name, StringComparison.OrdinalIgnoreCase))
        && Routing.ModelPattern.Matches(entry.Model, model);

    // Claude, GPT and Gemini cost their vendor's price wherever a proxy stands. An open model's name says nothing of its
    // price on a machine of one's own: unknown, and the operator may say 0.
    private static PriceModel? OfCatalogue(ProviderModel provider, string model) =>
        ModelCatalogue.Shipped.Find(model) is { } known && (_closedVendors.Contains(known.Vendor) || !IsOwnHost(provider.BaseUrl)) ? known.Price : null;

    private static bool IsOwnHost(Uri url)
    {
        if (url.IsLoopback || !url.Host.Contains('.', StringComparison.Ordinal) || url.Host.EndsWith(".local", StringComparison.OrdinalIgnoreCase) || url.Host.EndsWith(".internal", StringComparison.OrdinalIgnoreCase)) return true;
        return IPAddress.TryParse(url.Host, out var address) && address.GetAddressBytes() is [10, _, _, _] or [192, 168, _, _] or [172, >= 16 and < 32, _, _];
    }
}
