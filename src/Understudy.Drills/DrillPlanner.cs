using System.Globalization;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Drills.Providers;
using Understudy.Drills.Scenarios;
using Understudy.Drills.Strategies.Rivals;
using Understudy.Drills.Traffic;
using Understudy.PolicyFile;
using Understudy.PolicyFile.Catalogue;
using Understudy.PolicyFile.Reading;
using Understudy.Routing;

namespace Understudy.Drills;

/// <summary>Makes a drill of what was asked for, or says what is wrong with it.</summary>
public static class DrillPlanner
{
    /// <summary>Calls of a drill whose rate nobody chose, at the most.</summary>
    public const int MostCalls = 130_000;

    /// <summary>Calls of a drill, at the most: beyond it the books no longer fit the memory of a small machine.</summary>
    public const int MostCallsAsked = 5_000_000;

    /// <summary>An account's limit is this many times what its owner's busiest normal minute needs.</summary>
    private const double QuotaHeadroom = 1.5;

    /// <summary>The share of calls that ask what others have asked before, where the policy has a cache: without any it could give nothing.</summary>
    private const double CommonShare = 0.2;

    /// <summary>The word for a sickness of all providers at once.</summary>
    private const string All = "all";

    private static readonly TimeSpan Before = TimeSpan.FromMinutes(5);
    /// <summary>Long enough to see a careful return to its end.</summary>
    private static readonly TimeSpan After = TimeSpan.FromMinutes(60);

    /// <summary>Plans a drill.</summary>
    /// <param name="options">What is asked.</param>
    /// <param name="mistake">What is wrong, with the nearest valid word; null where nothing is.</param>
    /// <returns>The drill; null where something is wrong.</returns>
    public static DrillSetup? Plan(DrillOptions options, out string? mistake)
    {
        if (ScenarioCatalogue.Find(options.Scenario) is not { } scenario)
        {
            return Wrong(out mistake, $"there is no scenario '{options.Scenario}'", ScenarioCatalogue.All.Select(known => known.Id), options.Scenario, "'understudy drill --list' shows them");
        }

        if (options.Against.FirstOrDefault(name => !RivalCatalogue.Names.Contains(name)) is { } unknown)
        {
            return Wrong(out mistake, $"there is no rival '{unknown}'", RivalCatalogue.Names, unknown, $"there are {string.Join(", ", RivalCatalogue.Names)}, and all");
        }

        if (TrafficSource.Find(options.Traffic) is not { } source)
        {
            return Wrong(out mistake, $"there is no trace '{options.Traffic}'", TrafficSource.Names, options.Traffic, $"there are {string.Join(", ", TrafficSource.Names)}");
        }

        var policy = options.Policy ?? DefaultPolicy();
        var asked = Asked(scenario, policy);
        if (asked.Count == 0)
        {
            mistake = "no route of this policy has a target that could be drilled";
            return null;
        }

        if (Sick(scenario, policy, asked[0], options.Sick) is not { Count: > 0 } sick)
        {
            var names = policy.Providers.Select(provider => provider.Name).ToList();
            return Wrong(out mistake, options.Sick is null ? $"{scenario.Id} makes {scenario.Provider} sick, and no provider of this policy is that" : $"there is no provider '{options.Sick}'", names, options.Sick ?? "", $"name one with --sick: {string.Join(", ", names)}");
        }

        mistake = null;
        var length = Before + TimeSpan.FromMinutes(scenario.Minutes) + After;
        var rate = options.Rate ?? Math.Min(source.OwnRate, Rounded(MostCalls / length.TotalSeconds));
        if (rate * length.TotalSeconds > MostCallsAsked)
        {
            mistake = string.Create(CultureInfo.InvariantCulture, $"{rate:0.###} calls a second make more than {MostCallsAsked:N0} calls in the {length.TotalMinutes:N0} minutes of {scenario.Id}: at the most {MostCallsAsked / length.TotalSeconds:0.##}");
            return null;
        }

        var common = policy.Routes.SelectMany(route => route.Ladder).OfType<CacheRung>().Any() ? CommonShare : 0;
        var plan = new TrafficPlan(source, rate, length, options.StreamShare, asked.Count, Seeds.Mix(options.Seed, "traffic"), common);
        var summary = plan.Summarize();
        return new()
        {
            Policy = policy,
            Scenario = scenario,
            Sick = sick,
            Asked = asked,
            Traffic = plan,
            CommonShare = common,
            Summary = summary,
            Source = source,
            Rate = rate,
            Seed = options.Seed,
            Price = Prices(policy),
            Before = Before,
            After = After,
            QuotaPerMinute = Math.Max(1000, (long)(summary.BusiestMinute * QuotaHeadroom)),
            RevenuePerHour = options.RevenuePerHour,
        };
    }

    /// <summary>What a gateway without a file makes of three keys.</summary>
    public static Policy DefaultPolicy() => PolicyFromEnvironment.Build(PolicyEnvironment.Of(new Dictionary<string, string>
    {
        ["ANTHROPIC_API_KEY"] = "drill",
        ["OPENAI_API_KEY"] = "drill",
        ["GEMINI_API_KEY"] = "drill",
    })).Policy ?? throw new InvalidOperationException("The default policy is not valid.");

    private static DrillSetup? Wrong(out string? mistake, string what, IEnumerable<string> words, string wrong, string otherwise)
    {
        mistake = Nearest.To(wrong, words) is { } near ? $"{what}; did you mean '{near}'?" : $"{what}; {otherwise}";
        return null;
    }

    /// <summary>What the clients ask for: the sick vendor's model, as the record names it; where the policy has no route for it, what its first route is for.</summary>
    private static List<AskedModel> Asked(Scenario scenario, Policy policy)
    {
        string[] models = (scenario.Id, scenario.Provider) switch
        {
            ("sibling-stampede", _) => ["claude-opus-4-6", "claude-sonnet-4-6"],
            ("quality-2025-08", _) => ["claude-sonnet-4-5"],
            ("azure-2026-03-09-one-model", _) => ["gpt-5.2"],
            (_, "openai" or "azure-openai" or "gateway") => ["gpt-5"],
            (_, "google") => ["gemini-2.5-pro"],
            _ => ["claude-opus-4-6"],
        };
        var asked = models.Select(model => Resolve(policy, model)).OfType<AskedModel>().ToList();
        if (asked.Count > 0) return asked;
        foreach (var pattern in policy.Routes.SelectMany(route => route.Match))
        {
            var model = ModelCatalogue.Shipped.Models.FirstOrDefault(known => ModelPattern.Matches(pattern, known.Id))?.Id ?? pattern.Replace("*", "", StringComparison.Ordinal).TrimEnd('-');
            if (model.Length > 0 && Resolve(policy, model) is { } found) return [found];
        }

        return asked;
    }

    internal static AskedModel? Resolve(Policy policy, string model)
    {
        var route = policy.Routes.FirstOrDefault(route => route.Match.Any(pattern => ModelPattern.Matches(pattern, model)));
        var ladder = route?.Ladder.OfType<TargetRung>().SelectMany(rung => rung.Targets)
            .Select(target => new Candidate(target.Provider.Name, target.Model ?? model)).ToList();
        return ladder is { Count: > 0 } ? new(model, ProtocolOf(model), ladder) : null;
    }

    private static WireProtocol ProtocolOf(string model) => ModelCatalogue.Shipped.VendorOf(model) switch
    {
        "anthropic" => WireProtocol.AnthropicMessages,
        "google" => WireProtocol.Gemini,
        _ => WireProtocol.OpenAIChat,
    };

    private static List<string>? Sick(Scenario scenario, Policy policy, AskedModel asked, string? named)
    {
        if (named == All) return [.. policy.Providers.Select(provider => provider.Name)];
        if (named is not null) return policy.Providers.Where(provider => provider.Name == named).Select(provider => provider.Name).ToList();
        if (scenario.Provider == "any") return [asked.Ladder[0].Provider];
        var protocols = scenario.Provider.Split('+').SelectMany(vendor => vendor switch
        {
            "anthropic" => (WireProtocol[])[WireProtocol.AnthropicMessages],
            "google" => [WireProtocol.Gemini],
            _ => [WireProtocol.OpenAIChat, WireProtocol.OpenAIResponses],
        }).ToList();
        // A server without a key is one's own: no vendor's outage takes it along.
        return policy.Providers.Where(provider => provider.Key is not null && protocols.Contains(provider.Protocol)).Select(provider => provider.Name).ToList();
    }

    /// <summary>The policy's own prices, those for large prompts included. What they do not know costs nothing: it is one's own.</summary>
    private static Func<string, string, int, TokenPrice> Prices(Policy policy)
    {
        var start = new VirtualTime().GetUtcNow();
        var providers = policy.Providers.ToDictionary(provider => provider.Name);
        return (provider, model, inputTokens) => policy.Prices.Find(providers[provider], model)?.RatesFor(start, inputTokens) is { } rates
            ? TokenPrice.PerMillion(rates.Input, rates.Output)
            : default;
    }

    private static double Rounded(double rate) => rate >= 1 ? Math.Floor(rate * 10) / 10 : Math.Floor(rate * 1000) / 1000;
}
