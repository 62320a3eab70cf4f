using Understudy.Configuration;
using Understudy.PolicyFile.Catalogue;
using Understudy.Routing;

namespace Understudy.PolicyFile.Reading;

/// <summary>
/// The routes where nobody wrote any: the model that was asked for, then its equivalents at the other vendors, then
/// what runs locally. Families of vendors without a provider have routes too: that is what lets a client made for one
/// vendor run on another's key.
/// </summary>
/// <param name="providers">Who can be called.</param>
/// <param name="localModel">The model of a provider whose models nobody can guess.</param>
internal sealed class DefaultRoutes(IReadOnlyList<ProviderModel> providers, string localModel)
{
    /// <summary>What Ollama's own examples pull.</summary>
    public const string LocalModel = "llama3.1";

    // First match wins, so that a general pattern stands below the special ones of its family.
    private static readonly (Vendor Vendor, ModelTier Tier, string[] Match)[] _families =
    [
        (Vendor.Anthropic, ModelTier.Flagship, ["claude-opus-*", "claude-fable-*"]),
        (Vendor.Anthropic, ModelTier.Small, ["claude-haiku-*", "claude-*-haiku*"]),
        (Vendor.Anthropic, ModelTier.Balanced, ["claude-*"]),
        (Vendor.OpenAI, ModelTier.Small, ["gpt-*-mini*", "gpt-*-nano*", "gpt-*-luna*", "o1-mini*", "o3-mini*", "o4-mini*"]),
        (Vendor.OpenAI, ModelTier.Balanced, ["gpt-4*", "gpt-5", "gpt-5-*", "gpt-5.1*", "gpt-*-terra*", "o3*"]),
        (Vendor.OpenAI, ModelTier.Flagship, ["gpt-*", "o1*", "o4*", "chatgpt-*", "codex-*"]),
        (Vendor.Gemini, ModelTier.Small, ["gemini-*flash-lite*"]),
        (Vendor.Gemini, ModelTier.Flagship, ["gemini-*pro*"]),
        (Vendor.Gemini, ModelTier.Balanced, ["gemini-*"]),
    ];

    private static readonly (Vendor Vendor, string[] Match)[] _wholeFamilies =
    [
        (Vendor.Anthropic, ["claude-*"]),
        (Vendor.OpenAI, ["gpt-*", "o1*", "o3*", "o4*", "chatgpt-*", "codex-*"]),
        (Vendor.Gemini, ["gemini-*"]),
    ];

    /// <summary>All routes, the catch-all last.</summary>
    public List<RouteModel> All(UseCaseModel useCase)
    {
        var routes = new List<RouteModel>();
        foreach (var (vendor, whole) in _wholeFamilies)
        {
            var tiers = _families.Where(family => family.Vendor == vendor).Select(family => Route(family.Match, Ladder(vendor, family.Tier), useCase)).ToList();
            // One ladder for every tier is one route: three that say the same only hide it.
            if (tiers.Select(route => Text(route.Ladder)).Distinct().Count() == 1) routes.Add(Route(whole, tiers[0].Ladder, useCase));
            else routes.AddRange(tiers);
        }
        routes.Add(Route(["*"], CatchAll(), useCase));
        return routes;
    }

    /// <summary>The ladder for a pattern of a route that has none.</summary>
    public IReadOnlyList<RungModel> LadderFor(string pattern)
    {
        var family = Array.Find(_families, family => Array.Exists(family.Match, own => ModelPattern.Covers(own, pattern)));
        return family.Vendor is null ? CatchAll() : Ladder(family.Vendor, family.Tier);
    }

    private static RouteModel Route(string[] match, IReadOnlyList<RungModel> ladder, UseCaseModel useCase) =>
        new() { Name = match[0], Match = match, Ladder = ladder, UseCase = useCase, NamesUseCase = false };

    private List<RungModel> Ladder(Vendor vendor, ModelTier tier)
    {
        var rungs = new List<RungModel>();
        var own = providers.Where(one => Vendor.Of(one) == vendor).Select(one => new TargetModel { Provider = one }).ToList();
        if (own.Count > 0) rungs.Add(new TargetRung { Targets = own });
        AddOthers(rungs, providers.Where(one => Vendor.Of(one) != vendor), tier);
        return rungs;
    }

    // Nothing is known of the model: whoever comes first may know it, and for the others the middle is the safest guess.
    private List<RungModel> CatchAll()
    {
        var rungs = new List<RungModel>();
        if (providers.Count == 0) return rungs;
        rungs.Add(new TargetRung { Targets = [new TargetModel { Provider = providers[0] }] });
        AddOthers(rungs, Vendor.Of(providers[0]) is null ? providers : providers.Skip(1), ModelTier.Balanced);
        return rungs;
    }

    private void AddOthers(List<RungModel> rungs, IEnumerable<ProviderModel> others, ModelTier tier)
    {
        var equivalents = new List<TargetModel>();
        var local = new List<TargetModel>();
        foreach (var provider in others)
        {
            if (Vendor.Of(provider) is not { } vendor) local.Add(new TargetModel { Provider = provider, Model = localModel });
            else if (ModelCatalogue.Shipped.BestOf(vendor.Catalogue, tier) is { } model) equivalents.Add(new TargetModel { Provider = provider, Model = model.Id });
        }
        if (equivalents.Count > 0) rungs.Add(new TargetRung { Targets = equivalents });
        if (local.Count > 0) rungs.Add(new TargetRung { Targets = local, Degraded = true });
    }

    private static string Text(IReadOnlyList<RungModel> ladder) =>
        string.Join(" → ", ladder.OfType<TargetRung>().Select(rung => string.Join(" | ", rung.Targets)));
}
