using Understudy.CircuitBreaker;

namespace Understudy.ControlRoom.View;

/// <summary>The whole room at one moment, as every viewer sees it. Immutable. Names and numbers only, never content.</summary>
public sealed record RoomView
{
    /// <summary>The moment.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Are we serving, and by whom.</summary>
    public required Headline Headline { get; init; }

    /// <summary>The numbers of the last minute.</summary>
    public required Pace Pace { get; init; }

    /// <summary>What it costs.</summary>
    public required CostView Cost { get; init; }

    /// <summary>The ladders.</summary>
    public required IReadOnlyList<RouteLadder> Routes { get; init; }

    /// <summary>The providers.</summary>
    public required IReadOnlyList<ProviderView> Providers { get; init; }

    /// <summary>Operators' orders in force.</summary>
    public required IReadOnlyList<OrderView> Orders { get; init; }

    /// <summary>Faults that are made on purpose, in force or to come.</summary>
    public required IReadOnlyList<ExperimentView> Experiments { get; init; }

    /// <summary>The alarms; null where this gateway has none.</summary>
    public IReadOnlyList<AlarmView>? Alarms { get; init; }

    /// <summary>What ails the store; null where nothing does.</summary>
    public string? StoreTrouble { get; init; }

    /// <summary>What waits for a person, the oldest first; null where no route asks one.</summary>
    public IReadOnlyList<QuestionView>? Waiting { get; init; }

    /// <summary>Work that was accepted for later; null where none can be, and none waits.</summary>
    public DeferredView? Deferred { get; init; }

    /// <summary>Where the policy comes from.</summary>
    public required string Policy { get; init; }
}

/// <summary>Work that was accepted for later.</summary>
/// <param name="Routes">How many pieces wait, by route; the most first.</param>
/// <param name="Waiting">How many wait in all.</param>
/// <param name="Running">How many are under way.</param>
/// <param name="Done">How many are answered and kept.</param>
/// <param name="Oldest">When the oldest that waits was accepted; null where none waits, or nobody has looked yet.</param>
/// <param name="PerMinute">How many came to their end in the last minute that somebody looked; null where that is not known yet.</param>
public sealed record DeferredView(IReadOnlyList<(string Route, long Waiting)> Routes, long Waiting, long Running, long Done, DateTimeOffset? Oldest, double? PerMinute);

/// <summary>The statement at the top.</summary>
/// <param name="Verdict">The answer.</param>
/// <param name="Says">The answer in a word or three.</param>
/// <param name="By">By whom; null where by nobody.</param>
/// <param name="Because">The rest of the sentence.</param>
public sealed record Headline(Verdict Verdict, string Says, string? By, string Because);

/// <summary>The last minute in numbers.</summary>
/// <param name="PerSecond">Calls a second, of late.</param>
/// <param name="UnderWay">Calls under way.</param>
/// <param name="Answered">The share of calls that were answered; null where none ended.</param>
/// <param name="FirstWord">The mean time to the first content; null where none was timed.</param>
/// <param name="Rescued">Calls of the last minute that were answered although an attempt had failed.</param>
/// <param name="Failed">Calls of the last minute without an answer.</param>
/// <param name="Deferred">Calls of the last minute that were accepted for later.</param>
public sealed record Pace(double PerSecond, int UnderWay, double? Answered, TimeSpan? FirstWord, int Rescued, int Failed, int Deferred);

/// <summary>What all providers together cost, in US dollars.</summary>
/// <param name="Hour">In this hour of the clock.</param>
/// <param name="Day">Today (UTC).</param>
/// <param name="Month">In this month (UTC).</param>
/// <param name="Wasted">Of today's, what brought nobody an answer.</param>
/// <param name="HasUnpriced">Whether there is more, whose price nobody knows.</param>
public sealed record CostView(decimal Hour, decimal Day, decimal Month, decimal Wasted, bool HasUnpriced);

/// <summary>One route's ladder.</summary>
/// <param name="Name">Its name.</param>
/// <param name="UseCase">Its use case.</param>
/// <param name="PerSecond">Calls a second that it answers, of late.</param>
/// <param name="Rungs">Its rungs, from the top.</param>
/// <param name="Left">Why the first one meant is left, where it is; null where it is not.</param>
public sealed record RouteLadder(string Name, string UseCase, double PerSecond, IReadOnlyList<RungView> Rungs, string? Left);

/// <summary>One rung.</summary>
/// <param name="Targets">Whom it asks; for a rung without a model its word alone.</param>
/// <param name="Share">The share of the route's answers that it gives, of late.</param>
/// <param name="Note">What there is to say of it, in few words.</param>
/// <param name="Tone">How it is.</param>
public sealed record RungView(IReadOnlyList<RungTarget> Targets, double Share, string Note, Tone Tone);

/// <summary>One target of a rung.</summary>
/// <param name="Name">As the policy writes it.</param>
/// <param name="Lane">Its provider's colour.</param>
/// <param name="Tone">How it is.</param>
/// <param name="IsPinned">Whether an operator sends the route's calls there first.</param>
public sealed record RungTarget(string Name, string Lane, Tone Tone, bool IsPinned = false);

/// <summary>One provider.</summary>
public sealed record ProviderView
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its colour.</summary>
    public required string Lane { get; init; }

    /// <summary>How it is.</summary>
    public required Tone Tone { get; init; }

    /// <summary>In a word or three.</summary>
    public required string Says { get; init; }

    /// <summary>Why, in a person's words; null where there is nothing to explain.</summary>
    public string? Why { get; init; }

    /// <summary>Since when; null where nobody knows.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The share of its calls that it gets while it comes back; null otherwise.</summary>
    public double? Share { get; init; }

    /// <summary>Calls a second that it answers, of late.</summary>
    public double PerSecond { get; init; }

    /// <summary>Attempts under way.</summary>
    public int UnderWay { get; init; }

    /// <summary>Failures of its own in the last minute.</summary>
    public int Failed { get; init; }

    /// <summary>The mean time to its first content in the last minute; null where none was timed.</summary>
    public TimeSpan? FirstWord { get; init; }

    /// <summary>What it cost today, in US dollars.</summary>
    public decimal Today { get; init; }

    /// <summary>What it may cost a day; null for no cap.</summary>
    public decimal? Cap { get; init; }

    /// <summary>What is left of its tightest rate limit, from 0 to 1; null where it tells of none.</summary>
    public double? QuotaLeft { get; init; }

    /// <summary>Answers and failures of the last two minutes, column by column.</summary>
    public required IReadOnlyList<(int Served, int Failed)> Spark { get; init; }

    /// <summary>Its models so far.</summary>
    public required IReadOnlyList<TargetView> Targets { get; init; }

    /// <summary>Whether a route that calls it is marked for practice.</summary>
    public bool AllowsChaos { get; init; }

    /// <summary>The order that keeps calls from it; null for none.</summary>
    public OrderView? Order { get; init; }
}

/// <summary>One model of a provider.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Breaker">Its breaker.</param>
/// <param name="Tone">How it is.</param>
/// <param name="Says">In words.</param>
public sealed record TargetView(string Model, BreakerState Breaker, Tone Tone, string Says);

/// <summary>An operator's order in force.</summary>
/// <param name="What">What it is about.</param>
/// <param name="Participle">What is done to it.</param>
/// <param name="Who">Who ordered it.</param>
/// <param name="Why">Why; null where that was not said.</param>
/// <param name="At">When; null where the policy says so.</param>
/// <param name="Until">When it ends by itself; null for never.</param>
/// <param name="CanRevive">Whether a lever takes it back: what the policy file says, no lever does.</param>
public sealed record OrderView(string What, string Participle, string Who, string? Why, DateTimeOffset? At, DateTimeOffset? Until, bool CanRevive);

/// <summary>A fault that is made on purpose.</summary>
/// <param name="Id">Its id at the admin API.</param>
/// <param name="What">Whom it strikes.</param>
/// <param name="Fault">Which fault.</param>
/// <param name="Share">The share of calls.</param>
/// <param name="IsToCome">Whether it has not begun.</param>
/// <param name="From">When it begins.</param>
/// <param name="Until">When it ends.</param>
/// <param name="Who">Who ordered it.</param>
/// <param name="Hit">Requests that it struck.</param>
/// <param name="Moved">Calls that were served by another.</param>
/// <param name="Hurt">Calls that got no answer.</param>
public sealed record ExperimentView(string Id, string What, string Fault, double Share, bool IsToCome, DateTimeOffset From, DateTimeOffset Until, string Who, long Hit, int Moved, int Hurt);

/// <summary>An alarm.</summary>
/// <param name="Id">Its id at the admin API.</param>
/// <param name="Name">What rings.</param>
/// <param name="Says">Why, in a sentence.</param>
/// <param name="Since">Since when.</param>
/// <param name="AcknowledgedBy">Who has it in hand; null for nobody.</param>
/// <param name="Ended">When it was over; null while it rings.</param>
public sealed record AlarmView(string Id, string Name, string Says, DateTimeOffset Since, string? AcknowledgedBy, DateTimeOffset? Ended);

/// <summary>A question that waits for a person: everything but what is asked.</summary>
/// <param name="Id">Its id at the admin API.</param>
/// <param name="Inbox">Where it waits.</param>
/// <param name="Route">The call's route.</param>
/// <param name="Client">Who calls; null for a caller without a key.</param>
/// <param name="Since">Since when.</param>
/// <param name="Until">Until when the caller waits.</param>
/// <param name="Why">Why no model answered.</param>
/// <param name="ClaimedBy">Who is at it; null for nobody.</param>
public sealed record QuestionView(string Id, string Inbox, string Route, string? Client, DateTimeOffset Since, DateTimeOffset Until, string Why, string? ClaimedBy);
