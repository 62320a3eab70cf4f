using System.Diagnostics;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Wires;

namespace Understudy.Observation;

/// <summary>How a call ended, as in the metric <c>understudy_requests_total</c>.</summary>
public enum CallOutcome
{
    /// <summary>Still running.</summary>
    Running,

    /// <summary>A whole answer.</summary>
    Answered,

    /// <summary>A whole answer that is less than what was asked for, and says so.</summary>
    Degraded,

    /// <summary>Accepted for later.</summary>
    Deferred,

    /// <summary>Refused by the gateway: no room, no budget, no right.</summary>
    Refused,

    /// <summary>No answer; the client was told.</summary>
    Failed,

    /// <summary>The client's own mistake.</summary>
    ClientError,

    /// <summary>The client left.</summary>
    Cancelled,
}

/// <summary>
/// Everything about one call: the one source of metrics, traces, logs, alarms, the control room and drill reports.
/// Written by the pipeline while the call runs, handed out when it has ended. Holds no content.
/// </summary>
public sealed class CallRecord
{
    private readonly List<AttemptRecord> _attempts = new(1);

    // A nullable span takes twice the room, and there is a record for every call.
    private TimeSpan _firstContent = TimeSpan.MinValue;

    /// <summary>The id that the client sees in <c>x-understudy-request-id</c>.</summary>
    public required string Id { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it began, as a timestamp of the time provider.</summary>
    public required long Started { get; init; }

    /// <summary>Who called; null for a caller without a key.</summary>
    public string? Client { get; init; }

    /// <summary>The route's name.</summary>
    public required string Route { get; init; }

    /// <summary>The use case's name.</summary>
    public required string UseCase { get; init; }

    /// <summary>What the client speaks.</summary>
    public required WireProtocol Protocol { get; init; }

    /// <summary>The model that the client asked for.</summary>
    public required string Model { get; init; }

    /// <summary>Bytes of the request's body.</summary>
    public int RequestBytes { get; init; }

    /// <summary>Whether it asked for a stream.</summary>
    public bool Stream { get; init; }

    /// <summary>The span that was begun for it; null where nobody traces. It belongs to whoever began it; the pipeline does not touch it.</summary>
    public Activity? Span { get; init; }

    /// <summary>How it ended.</summary>
    public CallOutcome Outcome { get; internal set; }

    /// <summary>Who served it: <c>provider/model</c>, or a rung's word; null where nobody did.</summary>
    public string? ServedBy { get; internal set; }

    /// <summary>Whether the answer was cut and continued by another attempt.</summary>
    public bool Continued { get; internal set; }

    /// <summary>Whether it waited for a person: its duration then says nothing about models or the gateway.</summary>
    public bool AskedPerson { get; internal set; }

    /// <summary>
    /// The id of the call whose answer this one got, because it was a retry of it or shared it; null where it was its own.
    /// Such a call has no attempts, no tokens and no cost: they stand in the record of the call that it joined.
    /// </summary>
    public string? JoinedTo { get; internal set; }

    /// <summary>The time to the first content; null where none came.</summary>
    public TimeSpan? FirstContent
    {
        get => _firstContent == TimeSpan.MinValue ? null : _firstContent;
        internal set => _firstContent = value ?? TimeSpan.MinValue;
    }

    /// <summary>The time to the end.</summary>
    public TimeSpan Duration { get; internal set; }

    /// <summary>What went wrong in the end; null where it was answered.</summary>
    public Failure? Failure { get; internal set; }

    /// <summary>Tokens of the answer that the client got.</summary>
    public Usage Usage { get; internal set; }

    /// <summary>Whether what was said in it was captured, on purpose: it is then in the store, redacted, or about to be.</summary>
    public bool IsCaptured { get; internal set; }

    /// <summary>Every call of a target, and every target that was passed over, in order.</summary>
    public IReadOnlyList<AttemptRecord> Attempts => _attempts;

    /// <summary>How many of them were sent.</summary>
    public int Sent { get; internal set; }

    /// <summary>What all attempts cost whose price is known.</summary>
    public Usd Cost => Sum(static _ => true);

    /// <summary>Of <see cref="Cost"/>, what brought nobody an answer; <see cref="AttemptRecord.Waste"/> says why.</summary>
    public Usd WastedCost => Sum(static attempt => attempt.Waste != WasteReason.None);

    /// <summary>Of <see cref="Cost"/>, what was spent on attempts after the first one.</summary>
    public Usd RetryCost => Sum(static attempt => attempt.IsRetry);

    /// <summary>Whether an attempt was sent whose price nobody knows: <see cref="Cost"/> is then less than the truth.</summary>
    public bool HasUnpriced => _attempts.Exists(static attempt => attempt.Sent && attempt.Cost is null);

    private Usd Sum(Func<AttemptRecord, bool> counts)
    {
        var sum = Usd.Zero;
        foreach (var attempt in _attempts)
        {
            if (attempt.Cost is { } cost && counts(attempt)) sum += cost;
        }

        return sum;
    }

    /// <summary>A call that was turned away before it had a route: nothing was tried for it, but somebody asked.</summary>
    /// <param name="id">The id that the client sees.</param>
    /// <param name="time">The time; now is when it came.</param>
    /// <param name="protocol">What the client speaks.</param>
    /// <param name="outcome">Refused, or the client's mistake.</param>
    /// <param name="why">Why, in our own words.</param>
    public static CallRecord TurnedAway(string id, TimeProvider time, WireProtocol protocol, CallOutcome outcome, Failure why) => new()
    {
        Id = id,
        StartedAt = time.GetUtcNow(),
        Started = time.GetTimestamp(),
        Route = "none",
        UseCase = "none",
        Protocol = protocol,
        Model = "",
        Outcome = outcome,
        Failure = why,
    };

    /// <summary>Adds an attempt.</summary>
    internal void Add(AttemptRecord attempt) => _attempts.Add(attempt);
}

/// <summary>One call of one target, or why it was passed over.</summary>
public sealed class AttemptRecord
{
    /// <summary><c>provider/model</c>.</summary>
    public required string Target { get; init; }

    /// <summary>The provider's name.</summary>
    public required string Provider { get; init; }

    /// <summary>Which rung it stands on, from 0.</summary>
    public required int Rung { get; init; }

    /// <summary>Whether it was sent, or passed over.</summary>
    public bool Sent { get; internal set; }

    /// <summary>Whether it was to go on with an answer that had been cut.</summary>
    public bool Continuation { get; init; }

    /// <summary>When it was sent, or passed over, as a timestamp of the time provider.</summary>
    public long Started { get; init; }

    /// <summary>How long the call had waited before it: the backoff of a retry.</summary>
    public TimeSpan Waited { get; init; }

    /// <summary>How long it took from being sent to its end or its failure.</summary>
    public TimeSpan Duration { get; internal set; }

    /// <summary>What failed; null where it worked.</summary>
    public Failure? Failure { get; internal set; }

    /// <summary>Whether it was made beside another one that was slow to its first content.</summary>
    public bool Hedge { get; init; }

    /// <summary>Tokens that the provider told of.</summary>
    public Usage Usage { get; internal set; }

    /// <summary>Whether the call had sent another attempt before: what it costs is a retry's cost, at whatever target.</summary>
    public bool IsRetry { get; internal set; }

    /// <summary>What was reserved for it when it was sent; null where nothing was sent, or where no price is known.</summary>
    public Usd? Reserved
    {
        get => Known(_reserved);
        internal set => _reserved = value?.Nanos ?? Unknown;
    }

    /// <summary>What it cost in the end, by the tokens that the provider told of or by our estimate; null as with <see cref="Reserved"/>.</summary>
    public Usd? Cost
    {
        get => Known(_cost);
        internal set => _cost = value?.Nanos ?? Unknown;
    }

    /// <summary>Whether <see cref="Cost"/> is our estimate, for the provider did not tell the tokens, or not all of them.</summary>
    public bool IsEstimated { get; internal set; }

    /// <summary>Why its cost brought nobody an answer; none where it did, or where it cost nothing.</summary>
    public WasteReason Waste { get; internal set; }

    /// <summary>Tokens that were wasted, question and answer together; 0 where <see cref="Waste"/> is none.</summary>
    public long WastedTokens { get; internal set; }

    // A nullable amount takes twice the room, and there is a record for every call.
    private const long Unknown = long.MinValue;

    private long _reserved = Unknown;
    private long _cost = Unknown;

    private static Usd? Known(long nanos) => nanos == Unknown ? null : new Usd(nanos);
}
