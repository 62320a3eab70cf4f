using Understudy.Calls;

namespace Understudy.Configuration;

/// <summary>
/// Everything the operator decided, checked and immutable. A reload builds a new one and swaps it whole; a call reads
/// it once and keeps it to its end.
/// </summary>
public sealed record Policy
{
    /// <summary>Who is called. Never empty in a valid policy.</summary>
    public required IReadOnlyList<ProviderModel> Providers { get; init; }

    /// <summary>Which calls go down which ladder; the first match wins.</summary>
    public required IReadOnlyList<RouteModel> Routes { get; init; }

    /// <summary>Who may call; empty means loopback only.</summary>
    public IReadOnlyList<ClientModel> Clients { get; init; } = [];

    /// <summary>
    /// The use cases that a client or the header <c>x-understudy-use-case</c> may name. Default: interactive, agent, batch.
    /// </summary>
    public IReadOnlyList<UseCaseModel> UseCases { get; init; } =
        [UseCaseModel.Interactive, UseCaseModel.Agent, UseCaseModel.Batch];

    /// <summary>Address and port to listen on. Default 127.0.0.1:4600.</summary>
    public string Listen { get; init; } = "127.0.0.1:4600";

    /// <summary>The bearer token of <c>/admin</c>; without one, and without <see cref="Operators"/>, the admin API is off.</summary>
    public string? AdminToken { get; init; }

    /// <summary>Who may sign in to run the gateway. Default nobody.</summary>
    public IReadOnlyList<OperatorModel> Operators { get; init; } = [];

    /// <summary>Whether anybody can prove to be an operator at all.</summary>
    public bool HasOperators => AdminToken is not null || Operators.Count > 0;

    /// <summary>What the kill switch names: providers, targets or <c>all</c>.</summary>
    public KillSwitch Kill { get; init; } = KillSwitch.None;

    /// <summary>Retry settings.</summary>
    public RetryModel Retry { get; init; } = new();

    /// <summary>Circuit breaker settings.</summary>
    public BreakerModel Breaker { get; init; } = new();

    /// <summary>How a client's own retry finds the call that it gave up; a route may have its own.</summary>
    public JoinModel Join { get; init; } = new();

    /// <summary>Size limits on what clients send.</summary>
    public LimitsModel Limits { get; init; } = new();

    /// <summary>What models cost. Default: nothing is known.</summary>
    public PriceTable Prices { get; init; } = PriceTable.Empty;

    /// <summary>
    /// What providers may cost, by name. Not a part of <see cref="ProviderModel"/>: a new cap does not make it another
    /// provider, whose breakers would begin anew.
    /// </summary>
    public IReadOnlyDictionary<string, BudgetModel> ProviderBudgets { get; init; } = new Dictionary<string, BudgetModel>();

    /// <summary>How providers' rate limits are used.</summary>
    public QuotaModel Quotas { get; init; } = new();

    /// <summary>The cache of answers; it is used only on routes with a cache rung.</summary>
    public CacheModel Cache { get; init; } = new();

    /// <summary>The queue of deferred work.</summary>
    public DeferredModel Deferred { get; init; } = new();

    /// <summary>Drills of it by a schedule.</summary>
    public DrillsModel Drills { get; init; } = new();

    /// <summary>How the records of calls are kept in the store.</summary>
    public RecordsModel Records { get; init; } = new();

    /// <summary>How what is captured on purpose is cleaned and kept.</summary>
    public CaptureModel Capture { get; init; } = new();

    /// <summary>What wakes whom.</summary>
    public AlarmsModel Alarms { get; init; } = new();

    /// <summary>Every secret that it holds: what must be in nothing that anybody is told.</summary>
    public IReadOnlyList<string> SecretsSensitive =>
    [
        .. Providers.Select(provider => provider.Key).Append(AdminToken).Append(Cache.Key).Concat(Alarms.Receivers.Select(receiver => receiver.SecretSensitive))
            .Concat(Routes.SelectMany(route => route.Ladder).OfType<DeferRung>().Select(rung => rung.Webhook?.Secret)).OfType<string>(),
    ];

    /// <summary>Where state is kept; null for memory only.</summary>
    public StoreModel? Store { get; init; }

    /// <summary>Where it came from: a file's path, or <c>environment</c>.</summary>
    public string Source { get; init; } = "environment";

    /// <summary>A few words; never a secret (the compiler's own version would print the admin token).</summary>
    public override string ToString() => $"policy of {Source}: {Providers.Count} providers, {Routes.Count} routes, {Clients.Count} clients";
}

/// <summary>An account at a vendor: URL, protocol, key.</summary>
public sealed record ProviderModel
{
    /// <summary>The name that targets and the kill switch use.</summary>
    public required string Name { get; init; }

    /// <summary>What it speaks.</summary>
    public required WireProtocol Protocol { get; init; }

    /// <summary>
    /// What it takes besides. A server of OpenAI's chat protocol is asked in Responses by a client that speaks it; one
    /// that turns out not to know it is asked in chat from then on.
    /// </summary>
    public bool Speaks(WireProtocol protocol) =>
        protocol == Protocol || (protocol == WireProtocol.OpenAIResponses && Protocol == WireProtocol.OpenAIChat);

    /// <summary>Scheme, host, port and path prefix; without a slash at the end. For OpenAI it ends in <c>/v1</c>, for Anthropic it does not.</summary>
    public required Uri BaseUrl { get; init; }

    /// <summary>The secret; null for a server that wants none. Never printed.</summary>
    public string? Key { get; init; }

    /// <summary>
    /// Azure's dated version of its API (<c>2024-10-21</c>): models are deployments then, and stand in the path. Null (the
    /// default) for everybody else, and for Azure's own <c>/openai/v1</c>.
    /// </summary>
    public string? ApiVersion { get; init; }

    /// <summary>Whether it is Azure, which has its key in a header of its own.</summary>
    public bool IsAzure => ApiVersion is not null
        || (Protocol is WireProtocol.OpenAIChat or WireProtocol.OpenAIResponses && BaseUrl.Host.EndsWith(".azure.com", StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// What it shares with other providers that stand behind the same front (a CDN, a proxy, a region): where that fails,
    /// all of them do. Default its own scheme, host and port.
    /// </summary>
    public string Edge { get => field ?? BaseUrl.GetLeftPart(UriPartial.Authority); init; }

    /// <inheritdoc/>
    public override string ToString() => ApiVersion is null ? $"{Name} ({Protocol} at {BaseUrl})" : $"{Name} ({Protocol} at {BaseUrl}, Azure {ApiVersion})";
}

/// <summary>Tolerances of one kind of work.</summary>
public sealed record UseCaseModel
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What is shed last. Default normal.</summary>
    public CallPriority Priority { get; init; } = CallPriority.Normal;

    /// <summary>The time in which every call ends in one outcome, streaming included. Default 60 s.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long one attempt may take to connect. Default 5 s.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one attempt may take to its first content. Default 8 s.</summary>
    public TimeSpan FirstToken { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How long a stream may be silent between two contents. Default 10 s.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Short questions to a person who waits.</summary>
    public static UseCaseModel Interactive { get; } = new()
    {
        Name = "interactive",
        Priority = CallPriority.High,
        Deadline = TimeSpan.FromSeconds(60),
        FirstToken = TimeSpan.FromSeconds(8),
        Idle = TimeSpan.FromSeconds(10),
    };

    /// <summary>Agents: long contexts, long answers. What a gateway without a file assumes.</summary>
    public static UseCaseModel Agent { get; } = new()
    {
        Name = "agent",
        Priority = CallPriority.Normal,
        Deadline = TimeSpan.FromMinutes(10),
        FirstToken = TimeSpan.FromSeconds(20),
        Idle = TimeSpan.FromSeconds(30),
    };

    /// <summary>Work that nobody waits for.</summary>
    public static UseCaseModel Batch { get; } = new()
    {
        Name = "batch",
        Priority = CallPriority.Low,
        Deadline = TimeSpan.FromMinutes(30),
        FirstToken = TimeSpan.FromSeconds(60),
        Idle = TimeSpan.FromSeconds(60),
    };
}

/// <summary>What is shed last when there is too much.</summary>
public enum CallPriority
{
    /// <summary>Shed first.</summary>
    Low,

    /// <summary>In between.</summary>
    Normal,

    /// <summary>Shed last.</summary>
    High,
}

/// <summary>Which calls, which ladder.</summary>
public sealed record RouteModel
{
    /// <summary>Its name; by default the first pattern.</summary>
    public required string Name { get; init; }

    /// <summary>Model names with <c>*</c> as wildcard; any of them matches.</summary>
    public required IReadOnlyList<string> Match { get; init; }

    /// <summary>The tolerances. Default <see cref="UseCaseModel.Interactive"/>.</summary>
    public UseCaseModel UseCase { get; init; } = UseCaseModel.Interactive;

    /// <summary>Whether the operator named the use case for this route; where not, a client's own goes first. Default true.</summary>
    public bool NamesUseCase { get; init; } = true;

    /// <summary>The rungs, tried from the top.</summary>
    public required IReadOnlyList<RungModel> Ladder { get; init; }

    /// <summary>How many attempts one call may make in all. Default 6.</summary>
    public int MaxAttempts { get; init; } = 6;

    /// <summary>What all its calls together may cost; null for no cap.</summary>
    public BudgetModel? Budget { get; init; }

    /// <summary>How retries find the calls of this route; null for the policy's.</summary>
    public JoinModel? Join { get; init; }

    /// <summary>Which identical calls share one. Default never.</summary>
    public ShareRule Share { get; init; } = ShareRule.Never;

    /// <summary>Whether calls of different clients may share one. Default false.</summary>
    public bool ShareAcrossClients { get; init; }

    /// <summary>When a second target is asked beside a slow one; null for never.</summary>
    public HedgeModel? Hedge { get; init; }

    /// <summary>The share of its calls that is to be answered, over 30 days; null for the policy's.</summary>
    public double? Objective { get; init; }

    /// <summary>Which of its calls are kept with what was said in them; null (the default) for none.</summary>
    public CaptureRule? Capture { get; init; }

    /// <summary>Whether faults may be put into its calls on purpose. Default false.</summary>
    public bool AllowsChaos { get; init; }
}

/// <summary>One step of a ladder.</summary>
public abstract record RungModel
{
    /// <summary>Whether an answer from this rung is less than what was asked for, and is marked so.</summary>
    public bool Degraded { get; init; }
}

/// <summary>A rung of targets: one, or several of which one is picked.</summary>
public sealed record TargetRung : RungModel
{
    /// <summary>The targets, in the operator's order.</summary>
    public required IReadOnlyList<TargetModel> Targets { get; init; }

    /// <summary>How one is picked. Default: in order.</summary>
    public PickRule Pick { get; init; } = PickRule.InOrder;
}

/// <summary>How a target is picked from a rung.</summary>
public enum PickRule
{
    /// <summary>The first that is able and healthy.</summary>
    InOrder,

    /// <summary>The one with the lowest price for this call.</summary>
    Cheapest,

    /// <summary>The one that was fastest to its first content of late.</summary>
    Fastest,

    /// <summary>By chance, with the given weights.</summary>
    Weighted,
}

/// <summary>One provider's model in a ladder.</summary>
public sealed record TargetModel
{
    /// <summary>The provider.</summary>
    public required ProviderModel Provider { get; init; }

    /// <summary>The model's name at the provider; null where the model that the client asked for is kept (<c>provider/=</c>).</summary>
    public string? Model { get; init; }

    /// <summary>The share under <see cref="PickRule.Weighted"/>. Default 1.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>As it is written in the file: <c>provider/model</c> or <c>provider/=</c>.</summary>
    public override string ToString() => $"{Provider.Name}/{Model ?? "="}";
}

/// <summary>Who may call.</summary>
public sealed record ClientModel
{
    /// <summary>Its name, as in metrics and records.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of its key. The key itself is not kept.</summary>
    public required ReadOnlyMemory<byte> KeyHash { get; init; }

    /// <summary>The use case of its calls where the route or a header names none; null for the route's.</summary>
    public UseCaseModel? UseCase { get; init; }

    /// <summary>What its calls may cost; null for no cap.</summary>
    public BudgetModel? Budget { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"client {Name}";
}

/// <summary>Retrying the same target.</summary>
public sealed record RetryModel
{
    /// <summary>Attempts at one target before the next is tried. Default 2.</summary>
    public int AttemptsPerTarget { get; init; } = 2;

    /// <summary>The backoff before the first retry, before jitter; it doubles. Default 250 ms.</summary>
    public TimeSpan BaseDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest backoff. Default 8 s.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Retries as a share of calls, over all traffic. Default 0.2 (Finagle's).</summary>
    public double BudgetRatio { get; init; } = 0.2;

    /// <summary>Retries a second that are always allowed. Default 3.</summary>
    public double BudgetFloorPerSecond { get; init; } = 3;
}

/// <summary>Sizes beyond which a request is refused.</summary>
public sealed record LimitsModel
{
    /// <summary>Bytes of a request body. Default 32 MiB, as at the largest vendor.</summary>
    public long MaxBodyBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Bytes of a request's headers. Default 64 KiB.</summary>
    public int MaxHeaderBytes { get; init; } = 64 * 1024;
}
