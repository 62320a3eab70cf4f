using Understudy.Calls;
using Understudy.Configuration;

namespace Understudy.Drills.Tests.Machine;

/// <summary>
/// Draws policies. Everything is always drawn, and what is to be plain is thrown away afterwards: so that to take one setting
/// out of a failing run leaves all the others as they were.
/// </summary>
internal sealed class PolicyMaker(Chance chance, IReadOnlyList<ProviderModel> providers, IReadOnlyList<string> models, IReadOnlyList<string> plain)
{
    /// <summary>What can be taken back to its default.</summary>
    public static IReadOnlyList<string> Settings { get; } =
        ["hedge", "budgets", "prices", "join", "share", "quotas", "breaker", "retry", "cache", "notice", "degraded", "picks", "people", "kill", "stand-ins", "use-cases"];

    /// <summary>The text of every notice.</summary>
    public const string Notice = "We are resting. Somebody will answer you.";

    /// <summary>What people answer.</summary>
    public const string Person = "A person has looked into it: all is well.";

    private static readonly double?[] Caps = [null, null, null, 0.02, 0.1, 0.5, 3];

    /// <summary>The models of a provider.</summary>
    public static IReadOnlyList<string> ModelsOf(string provider) => provider switch
    {
        "claude" => ["claude-opus-4-6", "claude-haiku-4-5"],
        "openai" => ["gpt-5", "gpt-5-mini"],
        "resp" => ["gpt-5.2"],
        "gemini" => ["gemini-2.5-pro", "gemini-2.5-flash"],
        _ => ["llama3.1", "qwen3"],
    };

    /// <summary>The providers that there are, some of them or all.</summary>
    public static IReadOnlyList<ProviderModel> Providers(Chance chance)
    {
        var edge = chance.Maybe(0.15);
        ProviderModel[] all =
        [
            Provider("claude", WireProtocol.AnthropicMessages, edge),
            Provider("openai", WireProtocol.OpenAIChat, edge),
            Provider("gemini", WireProtocol.Gemini, edge),
            Provider("local", WireProtocol.OpenAIChat, shared: false),
            Provider("resp", WireProtocol.OpenAIResponses, shared: false),
        ];
        return chance.Some(all, chance.Between(1, 4));
    }

    /// <summary>A policy.</summary>
    public Policy Make()
    {
        var useCases = Enumerable.Range(0, 3).Select(UseCase).ToList();
        var prices = Prices();
        var caps = providers.Select(provider => (provider.Name, Budget: Budget(0.2))).ToList();
        var clients = new[] { "website", "batch" }.Select(name => new ClientModel { Name = name, KeyHash = new byte[] { (byte)name.Length }, Budget = Budget(0.2) }).ToList();
        var routes = models.Select((model, at) => Route($"r{at}", model, useCases)).ToList();
        var policy = new Policy
        {
            Providers = providers,
            Routes = routes,
            Clients = clients,
            UseCases = useCases,
            Retry = Retry(),
            Breaker = Breaker(),
            Join = new() { Grace = chance.Of(TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30)) },
            Prices = prices,
            ProviderBudgets = caps.Where(cap => cap.Budget is not null).ToDictionary(cap => cap.Name, cap => cap.Budget!),
            Quotas = new() { LeaveBelow = chance.Of(0, 0.05, 0.3) },
            Kill = chance.Maybe(0.06) ? new([chance.Of(providers).Name]) : KillSwitch.None,
            Source = "machine",
        };
        return Simplified(policy);
    }

    private static ProviderModel Provider(string name, WireProtocol protocol, bool shared) => new()
    {
        Name = name,
        Protocol = protocol,
        BaseUrl = new(shared ? $"https://front.test/{name}" : $"https://{name}.test"),
        Key = name == "local" ? null : "machine",
    };

    private Policy Simplified(Policy policy)
    {
        var fresh = new Policy { Providers = policy.Providers, Routes = policy.Routes };
        if (Is("budgets")) policy = policy with { ProviderBudgets = fresh.ProviderBudgets, Clients = [.. policy.Clients.Select(client => client with { Budget = null })] };
        if (Is("prices")) policy = policy with { Prices = fresh.Prices };
        if (Is("join")) policy = policy with { Join = fresh.Join };
        if (Is("quotas")) policy = policy with { Quotas = fresh.Quotas };
        if (Is("breaker")) policy = policy with { Breaker = fresh.Breaker };
        if (Is("retry")) policy = policy with { Retry = fresh.Retry };
        if (Is("kill")) policy = policy with { Kill = fresh.Kill };
        return policy;
    }

    private bool Is(string setting) => plain.Contains(setting);

    private UseCaseModel UseCase(int at)
    {
        var drawn = new UseCaseModel
        {
            Name = $"u{at}",
            Deadline = chance.Of(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(180)),
            Connect = chance.Seconds(1, 5),
            FirstToken = chance.Seconds(1, 20),
            Idle = chance.Seconds(1, 15),
        };
        return Is("use-cases") ? new() { Name = drawn.Name } : drawn;
    }

    private RouteModel Route(string name, string model, IReadOnlyList<UseCaseModel> useCases)
    {
        var targets = providers.SelectMany(provider => ModelsOf(provider.Name).Select(known => new TargetModel { Provider = provider, Model = known })).ToList();
        var first = chance.Maybe(0.6) ? new TargetModel { Provider = chance.Of(providers) } : chance.Of(targets);
        var ladder = new List<RungModel> { new TargetRung { Targets = [first] } };
        var others = chance.Some(targets.Where(target => target.Provider.Name != first.Provider.Name || (target.Model != first.Model && target.Model != model)), chance.Between(0, 5));
        while (others.Count > 0)
        {
            var together = others.Take(chance.Of(1, 1, 2, 3)).Select(target => target with { Weight = chance.Between(1, 5) }).ToList();
            others.RemoveRange(0, together.Count);
            var pick = together.Count > 1 ? chance.Of(PickRule.InOrder, PickRule.Cheapest, PickRule.Fastest, PickRule.Weighted) : PickRule.InOrder;
            var degraded = chance.Maybe(0.3);
            if (!Is("stand-ins")) ladder.Add(new TargetRung { Targets = together, Pick = Is("picks") ? PickRule.InOrder : pick, Degraded = degraded && !Is("degraded") });
        }

        var cache = new CacheRung { MaxStale = chance.Seconds(10, 3600), Fresh = chance.Maybe(0.4) ? chance.Seconds(1, 120) : null, Sampled = chance.Maybe(0.5), Shared = chance.Maybe(0.5) };
        if (chance.Maybe(0.3) && !Is("cache")) ladder.Insert(chance.Between(1, ladder.Count), cache);
        var human = new HumanRung { Wait = chance.Seconds(3, 90), MaxWaiting = chance.Of(1, 3, 100) };
        if (chance.Maybe(0.2) && !Is("people")) ladder.Insert(chance.Between(1, ladder.Count), human);
        if (chance.Maybe(0.25) && !Is("notice")) ladder.Add(new NoticeRung { Words = new() { Text = Notice } });
        var route = new RouteModel
        {
            Name = name,
            Match = [model],
            UseCase = chance.Of(useCases),
            Ladder = ladder,
            MaxAttempts = chance.Of(1, 2, 3, 6, 6, 8),
            Budget = Budget(0.15),
            Join = chance.Maybe(0.2) ? JoinModel.Off : null,
            Share = chance.Maybe(0.3) ? ShareRule.Deterministic : ShareRule.Never,
            ShareAcrossClients = chance.Maybe(0.5),
            Hedge = Hedge(),
        };
        if (Is("budgets")) route = route with { Budget = null };
        if (Is("join")) route = route with { Join = null };
        if (Is("share")) route = route with { Share = ShareRule.Never };
        return Is("hedge") ? route with { Hedge = null } : route;
    }

    private HedgeModel? Hedge()
    {
        var hedge = new HedgeModel
        {
            After = chance.Maybe(0.7) ? chance.Seconds(0.2, 5) : null,
            Quantile = chance.Of(0.5, 0.95),
            Share = chance.Of(0.05, 0.3, 1),
            SameTarget = chance.Maybe(0.5),
        };
        return chance.Maybe(0.3) ? hedge : null;
    }

    private BudgetModel? Budget(double share)
    {
        var budget = new BudgetModel { PerMinute = Cap(), PerHour = Cap(), PerDay = Cap() };
        return chance.Maybe(share) ? budget : null;
    }

    private Usd? Cap() => chance.Of(Caps) is { } dollars ? Usd.FromDollars((decimal)dollars) : null;

    private PriceTable Prices()
    {
        var seed = chance.NextUInt64();
        return new((provider, model) =>
        {
            var own = new Chance(Seeds.Mix(seed, $"{provider.Name}/{model}"));
            if (own.Maybe(0.1)) return null;
            return new() { Base = own.Maybe(0.1) ? TokenRates.Of(0, 0) : TokenRates.Of(own.Between(1, 15), own.Between(2, 75)) };
        });
    }

    private RetryModel Retry() => new()
    {
        AttemptsPerTarget = chance.Between(1, 4),
        BaseDelay = chance.Seconds(0.05, 2),
        MaxDelay = chance.Seconds(1, 8),
        BudgetRatio = chance.Of(0, 0.1, 0.2, 1),
        BudgetFloorPerSecond = chance.Of(0, 0.1, 1, 3),
    };

    private BreakerModel Breaker()
    {
        var openFor = chance.Seconds(5, 60);
        var rampFor = chance.Seconds(5, 60);
        return new()
        {
            ConsecutiveFailures = chance.Between(2, 6),
            FailureRatio = chance.Of(0.3, 0.5, 0.9),
            MinimumCalls = chance.Between(2, 10),
            Window = chance.Seconds(10, 120),
            OpenFor = openFor,
            MaxOpenFor = openFor + chance.Seconds(0, 600),
            Probe = chance.Maybe(0.15) ? ProbeKind.Traffic : ProbeKind.Synthetic,
            GoodProbes = chance.Between(1, 3),
            ProbeEvery = chance.Seconds(2, 15),
            ProbeTimeout = chance.Seconds(7, 10),
            Ramp = chance.Of<IReadOnlyList<double>>([1, 5, 25], [1, 5, 25], [10, 50], [50], []),
            RampCalls = chance.Between(1, 5),
            RampFor = rampFor,
            MaxRampFor = rampFor + chance.Seconds(0, 1800),
            SuspectFailures = chance.Between(1, 3),
            SuspectFor = chance.Seconds(10, 120),
            Tolerate = chance.Of<double?>(null, 0.02, 0.04, 0.04),
            Evidence = chance.Of(1, 3, 5.5), // lower than anybody's, for runs are short
        };
    }
}
