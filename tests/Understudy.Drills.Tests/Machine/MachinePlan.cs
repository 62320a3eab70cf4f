using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Drills.Scenarios;

namespace Understudy.Drills.Tests.Machine;

/// <summary>Everything that a run of the machine is made of. Immutable; the same story gives the same plan.</summary>
internal sealed record MachinePlan
{
    /// <summary>Which run it is.</summary>
    public required Story Story { get; init; }

    /// <summary>How long calls come and faults last; after it all is well.</summary>
    public required TimeSpan Length { get; init; }

    /// <summary>The policy at the start.</summary>
    public required Policy Policy { get; init; }

    /// <summary>The providers as they are modelled.</summary>
    public required IReadOnlyList<ProviderPlan> Providers { get; init; }

    /// <summary>What clients want.</summary>
    public required IReadOnlyList<(int Number, Wish Wish)> Wishes { get; init; }

    /// <summary>What goes wrong with providers.</summary>
    public required IReadOnlyList<(int Number, Outage Outage)> Outages { get; init; }

    /// <summary>What operators do.</summary>
    public required IReadOnlyList<(int Number, Act Act)> Acts { get; init; }

    /// <summary>When the engine's process dies, and how long it is away.</summary>
    public required IReadOnlyList<(int Number, Crash Crash)> Crashes { get; init; }
}

/// <summary>A provider as it is modelled.</summary>
/// <param name="Name">Its name in the policy.</param>
/// <param name="Protocol">What it speaks.</param>
/// <param name="QuotaPerMinute">Tokens a minute; null for no limit.</param>
/// <param name="SlowFactor">How many times longer a slow first token takes.</param>
internal sealed record ProviderPlan(string Name, WireProtocol Protocol, long? QuotaPerMinute, double SlowFactor);

/// <summary>What one client wants, and how it goes about it.</summary>
internal sealed record Wish
{
    /// <summary>The question: equal numbers ask the very same.</summary>
    public required int Question { get; init; }

    /// <summary>When it first asks.</summary>
    public required TimeSpan At { get; init; }

    /// <summary>What it speaks.</summary>
    public required WireProtocol Protocol { get; init; }

    /// <summary>What it asks for.</summary>
    public required string Model { get; init; }

    /// <summary>Tokens of its prompt.</summary>
    public required int InputTokens { get; init; }

    /// <summary>Tokens of the answer that models give.</summary>
    public required int OutputTokens { get; init; }

    /// <summary>Whether it wants a stream.</summary>
    public required bool Stream { get; init; }

    /// <summary>Whether it only wants the prompt counted.</summary>
    public bool Counts { get; init; }

    /// <summary>Whether it asks for <c>temperature: 0</c>.</summary>
    public bool Deterministic { get; init; }

    /// <summary>Its name; null for a caller without a key.</summary>
    public string? Client { get; init; }

    /// <summary>Whether all its tries carry one idempotency key.</summary>
    public bool HasKey { get; init; }

    /// <summary>Whether a further try says that it is one (<c>x-stainless-retry-count</c>).</summary>
    public bool SaysRetry { get; init; }

    /// <summary>When it hangs up, since each try; null where it waits for ever.</summary>
    public TimeSpan? Patience { get; init; }

    /// <summary>Further tries after it hung up, after an error that a retry can help, and after a broken connection.</summary>
    public int Retries { get; init; }

    /// <summary>How long it waits before the next try.</summary>
    public TimeSpan Backoff { get; init; }

    /// <summary>How long it takes for each piece that it reads.</summary>
    public TimeSpan Reads { get; init; }

    /// <summary>Whether it asks to be answered later, where its route can.</summary>
    public bool WantsLater { get; init; }

    /// <summary>When it takes back what is kept for it; null for never.</summary>
    public TimeSpan? CancelsAfter { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        var how = new List<string>();
        if (Counts) how.Add("count");
        if (!Stream && !Counts) how.Add("whole");
        if (Deterministic) how.Add("temperature 0");
        if (HasKey) how.Add("idempotency key");
        if (Patience is { } patience) how.Add($"leaves after {patience.TotalSeconds:0.###} s");
        if (Retries > 0) how.Add($"{Retries} further tries after {Backoff.TotalSeconds:0.###} s{(SaysRetry ? ", marked" : "")}");
        if (Reads > TimeSpan.Zero) how.Add(Reads == TimeSpan.MaxValue ? "never reads" : $"reads a piece in {Reads.TotalSeconds:0.###} s");
        if (WantsLater) how.Add("later will do");
        if (CancelsAfter is { } cancels) how.Add($"takes back what is kept after {cancels.TotalSeconds:0.###} s");
        return $"{At.TotalSeconds:0.000} s: {Client ?? "somebody"} asks {Model} question {Question} in {Protocol}, {InputTokens} → {OutputTokens} tokens{string.Concat(how.Select(word => ", " + word))}";
    }
}

/// <summary>Something that goes wrong with providers for a while.</summary>
internal sealed record Outage
{
    /// <summary>Whom it hits.</summary>
    public required IReadOnlyList<string> Providers { get; init; }

    /// <summary>From when.</summary>
    public required TimeSpan From { get; init; }

    /// <summary>Until when.</summary>
    public required TimeSpan To { get; init; }

    /// <summary>What becomes of requests.</summary>
    public required Mix Mix { get; init; }

    /// <summary>The only model it hits; null for all.</summary>
    public string? Model { get; init; }

    /// <summary>What is left of the capacity; null where that is no matter.</summary>
    public CapacityRamp? Capacity { get; init; }

    /// <summary>What is done to the bytes of answers that would be well, and to which share of them.</summary>
    public Twist Twist { get; init; }

    /// <summary>The share of answers that are twisted.</summary>
    public double TwistShare { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        var mix = string.Join(", ", Mix.Shares.Where(share => share.Share > 0).Select(share => $"{100 * share.Share:0.#} % {share.Outcome.Words}"));
        return $"{From.TotalSeconds:0} s to {To.TotalSeconds:0} s: {string.Join(" and ", Providers)}{(Model is null ? "" : $" ({Model} only)")}: {mix}"
            + (Capacity is { } ramp ? $"; capacity {100 * ramp.From:0} → {100 * ramp.To:0} %, over it {ramp.Over.Words}" : "")
            + (Twist == Twist.None ? "" : $"; {100 * TwistShare:0} % {Twist}");
    }
}

/// <summary>What can be done to the bytes of an answer, besides what the scenarios know.</summary>
internal enum Twist
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The body ends cleanly in the middle.</summary>
    EndOfFile,

    /// <summary>A 200 without a byte.</summary>
    Empty,

    /// <summary>A web page.</summary>
    WebPage,

    /// <summary>Bytes that are no JSON, in the middle.</summary>
    Garbage,
}

/// <summary>The process dies.</summary>
/// <param name="At">When.</param>
/// <param name="Away">How long until the next one serves.</param>
internal sealed record Crash(TimeSpan At, TimeSpan Away)
{
    /// <inheritdoc/>
    public override string ToString() => $"{At.TotalSeconds:0.000} s: the process dies, and is back after {Away.TotalSeconds:0.###} s";
}

/// <summary>What an operator does.</summary>
internal sealed record Act
{
    /// <summary>When.</summary>
    public required TimeSpan At { get; init; }

    /// <summary>What.</summary>
    public required ActKind Kind { get; init; }

    /// <summary>Whom it concerns: a provider, a target, or all.</summary>
    public string What { get; init; } = "all";

    /// <summary>How long an order holds; null until it is taken back.</summary>
    public TimeSpan? For { get; init; }

    /// <summary>The new policy of a reload.</summary>
    public Policy? Policy { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{At.TotalSeconds:0.000} s: {Kind} {(Policy is null ? What : Said.Of(Policy))}{(For is { } span ? $" for {span.TotalSeconds:0} s" : "")}";
}

/// <summary>The operator's acts.</summary>
internal enum ActKind
{
    /// <summary>A kill that breaks off what is under way.</summary>
    Kill,

    /// <summary>A kill that leaves what is under way.</summary>
    Drain,

    /// <summary>Orders are taken back.</summary>
    Revive,

    /// <summary>A breaker is closed by hand.</summary>
    Reset,

    /// <summary>A route is pinned to one of its targets.</summary>
    Pin,

    /// <summary>Another policy comes into force.</summary>
    Reload,
}
