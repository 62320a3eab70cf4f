using Understudy.Calls;
using Understudy.Drills.Scenarios;

namespace Understudy.Drills.Providers;

/// <summary>
/// An account at a provider, in virtual time: how fast it answers, what fails, what it refuses, what it bills. It says
/// what becomes of a request (<see cref="Exchange"/>); <see cref="ModelledTransport"/> makes bytes of it.
/// </summary>
public sealed class ModelledProvider
{
    /// <summary>How soon an error's status comes, in seconds.</summary>
    private static readonly QuantileCurve ErrorAfter = new((0, 0.05), (0.5, 0.25), (0.9, 0.8), (0.99, 2), (1, 3));

    /// <summary>What a 429 of the scenario asks for where it says so. The records do not tell; seconds are what vendors commonly send.</summary>
    private static readonly TimeSpan ScenarioRetryAfter = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan RefusedAfter = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan NameNotFoundAfter = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<ScenarioPhase, LimitedCapacity> _capacities = [];
    private readonly Func<string, int, TokenPrice> _price;
    private readonly TimeSpan _outageBegins;
    private readonly Scenario? _scenario;
    private readonly Pace _pace;

    /// <summary>A provider.</summary>
    /// <param name="name">The account's name.</param>
    /// <param name="protocol">What it speaks.</param>
    /// <param name="time">The time.</param>
    /// <param name="price">What a model costs for a prompt of so many tokens.</param>
    public ModelledProvider(string name, WireProtocol protocol, VirtualTime time, Func<string, int, TokenPrice> price)
        : this(name, protocol, time, price, null, TimeSpan.Zero)
    {
    }

    /// <summary>A provider that may be sick.</summary>
    /// <param name="name">The account's name.</param>
    /// <param name="protocol">What it speaks.</param>
    /// <param name="time">The time.</param>
    /// <param name="price">What a model costs for a prompt of so many tokens.</param>
    /// <param name="scenario">Its sickness; null for none.</param>
    /// <param name="outageBegins">When the scenario's minute 0 is.</param>
    public ModelledProvider(string name, WireProtocol protocol, VirtualTime time, Func<string, int, TokenPrice> price, Scenario? scenario, TimeSpan outageBegins)
    {
        Name = name;
        Protocol = protocol;
        Time = time;
        _price = price;
        _scenario = scenario;
        _outageBegins = outageBegins;
        _pace = Pace.Of(protocol);
    }

    /// <summary>Told of every request when it comes.</summary>
    public event Action<Exchange>? Began;

    /// <summary>Told of every request when it ends, with its bill.</summary>
    public event Action<Exchange, Bill>? Billed;

    /// <summary>The account's name.</summary>
    public string Name { get; }

    /// <summary>What it speaks.</summary>
    public WireProtocol Protocol { get; }

    /// <summary>The account's rate limit; null for none.</summary>
    public TokenQuota? Quota { get; init; }

    /// <summary>Requests a second on a normal day: what a limited capacity is a share of.</summary>
    public double NormalPerSecond { get; init; } = 1;

    internal VirtualTime Time { get; }

    private double Minute => (Time.Elapsed - _outageBegins).TotalMinutes;

    /// <summary>A request comes.</summary>
    public Exchange Begin(in Question question)
    {
        var chance = new Chance(question.Seed);
        var wait = Quota?.TryTake(question.InputTokens + question.OutputTokens) ?? TimeSpan.Zero;
        var exchange = wait > TimeSpan.Zero ? Refuse(question, wait, chance) : Decide(question, Draw(question, chance), chance);
        Began?.Invoke(exchange);
        return exchange;
    }

    /// <summary>A request that gets <paramref name="outcome"/>, whatever the scenario says.</summary>
    public Exchange Begin(in Question question, Outcome outcome)
    {
        var exchange = Decide(question, outcome, new(question.Seed));
        Began?.Invoke(exchange);
        return exchange;
    }

    internal void End(Exchange exchange, bool whole, TimeSpan elapsed) => Billed?.Invoke(exchange, BillFor(exchange, whole, elapsed));

    private Exchange Refuse(in Question question, TimeSpan wait, Chance chance) => new(this, question, new(OutcomeKind.Status, 429, TellsRetryAfter: true), Time.GetTimestamp())
    {
        First = Seconds(ErrorAfter.At(chance.NextDouble())),
        RetryAfter = wait,
        OverQuota = true,
    };

    private Outcome Draw(in Question question, Chance chance)
    {
        var draw = chance.NextDouble();
        if (_scenario is null) return Outcome.Ok;
        var minute = Minute;
        var phase = _scenario.PhaseAt(minute);
        var limit = Limit(question.Model, minute);
        var drawn = phase is null ? Outcome.Ok : OutcomeIn(phase, question, draw, minute, limit?.Recovered);
        return limit is not null && drawn.IsGood && !limit.TryServe() ? limit.Over : drawn;
    }

    private Outcome OutcomeIn(ScenarioPhase phase, in Question question, double draw, double minute, double? recovered)
    {
        if (_scenario!.StreamsOnly && !question.Stream) return Outcome.Ok;
        // Routing that sticks to a session hits the same sessions again and again, and the others never.
        if (_scenario.Sticky) draw = new Chance(question.SessionSeed).NextDouble();
        return phase.OutcomeAt(minute, question.Model, phase.Capacity is { StampedeSlowsIt: true } ? recovered : null, draw);
    }

    /// <summary>The limit that is in force: that of the phase, or of an earlier one that a stampede has drawn out.</summary>
    private LimitedCapacity? Limit(string model, double minute)
    {
        LimitedCapacity? inForce = null;
        foreach (var phase in _scenario!.Phases)
        {
            if (phase.Capacity is null || minute < phase.FromMinute) continue;
            if (!_capacities.TryGetValue(phase, out var capacity)) _capacities.Add(phase, capacity = new(phase, NormalPerSecond));
            capacity.MoveTo(minute);
            if (inForce is null && capacity.Concerns(model) && !capacity.IsOver) inForce = capacity;
        }

        return inForce;
    }

    private Exchange Decide(in Question question, Outcome outcome, Chance chance)
    {
        var first = Seconds(_pace.FirstToken.At(chance.NextDouble()) + (question.InputTokens / _pace.PromptTokensPerSecond));
        var length = Seconds(question.OutputTokens / _pace.TokensPerSecond.At(chance.NextDouble()));
        if (!question.Stream && outcome.Kind == OutcomeKind.StreamError) outcome = new(OutcomeKind.Status, 500);
        var breaks = outcome.Kind is OutcomeKind.StreamCut or OutcomeKind.StreamError or OutcomeKind.StreamStall;
        var scenario = _scenario;
        return new(this, question, outcome, Time.GetTimestamp())
        {
            First = outcome.Kind switch
            {
                OutcomeKind.Ok or OutcomeKind.Garbled or OutcomeKind.StreamCut or OutcomeKind.StreamError or OutcomeKind.StreamStall => first,
                OutcomeKind.Slow => first * (scenario?.SlowFactor ?? 8),
                OutcomeKind.StallThenOk => first + (scenario?.Stall ?? TimeSpan.FromSeconds(30)),
                OutcomeKind.Hang => Exchange.Never,
                OutcomeKind.Status => Seconds(ErrorAfter.At(chance.NextDouble())),
                OutcomeKind.ConnectionRefused => RefusedAfter,
                OutcomeKind.NameNotFound => NameNotFoundAfter,
            },
            Length = length,
            // A hang swallows the answer, not the work: quotas were drained by calls that nobody saw answered.
            Generates = outcome.Kind switch
            {
                OutcomeKind.Slow => first * (scenario?.SlowFactor ?? 8),
                OutcomeKind.StallThenOk => first + (scenario?.Stall ?? TimeSpan.FromSeconds(30)),
                _ => first,
            },
            BreakAt = breaks ? Between(scenario?.BreakAt ?? (0.05, 0.9), chance) : 1,
            Silence = outcome.Kind != OutcomeKind.StreamStall ? TimeSpan.Zero
                : Seconds(Between(scenario?.Silence ?? (59, 138), chance)) is var silence && chance.NextDouble() < (scenario?.ResumeShare ?? 0.7) ? silence : Exchange.Never,
            RetryAfter = outcome is { Kind: OutcomeKind.Status, Status: 429, TellsRetryAfter: true } ? ScenarioRetryAfter : null,
        };
    }

    /// <summary>
    /// What is charged. Refusals and error statuses are not. A call that was given up is charged for its prompt and for
    /// what had been generated until then (Anthropic says so; OpenAI does not say); Gemini cannot be cancelled and charges
    /// the whole answer. Where the vendors' texts differ the drill takes the dearer reading.
    /// </summary>
    private Bill BillFor(Exchange exchange, bool whole, TimeSpan elapsed)
    {
        if (exchange.Outcome.Kind is OutcomeKind.Status or OutcomeKind.ConnectionRefused or OutcomeKind.NameNotFound) return default;
        var question = exchange.Question;
        var generated = question.OutputTokens;
        if (!whole && Protocol != WireProtocol.Gemini)
        {
            var running = elapsed - exchange.Generates;
            generated = running <= TimeSpan.Zero ? 0
                : running >= exchange.Length ? question.OutputTokens
                : (int)(question.OutputTokens * (running.Ticks / (double)exchange.Length.Ticks));
        }

        var price = _price(question.Model, question.InputTokens);
        return new(question.InputTokens, generated, (question.InputTokens * price.Input) + (generated * price.Output), whole);
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond));

    private static double Between((double From, double To) range, Chance chance) => range.From + (chance.NextDouble() * (range.To - range.From));
}
