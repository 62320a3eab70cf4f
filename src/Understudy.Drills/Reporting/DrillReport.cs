namespace Understudy.Drills.Reporting;

/// <summary>What a drill found: everything that the table, the JSON and the page show. Nothing in it was typed in.</summary>
public sealed record DrillReport
{
    /// <summary>The form of this report.</summary>
    public string Form { get; init; } = "understudy.drill/1";

    /// <summary>The outage.</summary>
    public required ScenarioPart Scenario { get; init; }

    /// <summary>How the drill was set up.</summary>
    public required SetupPart Setup { get; init; }

    /// <summary>The strategies: the engine first, then the rivals in the order they were asked for.</summary>
    public required IReadOnlyList<StrategyPart> Strategies { get; init; }

    /// <summary>What was assumed, in words.</summary>
    public required IReadOnlyList<string> Assumptions { get; init; }
}

/// <summary>The outage.</summary>
public sealed record ScenarioPart
{
    /// <summary>Its name.</summary>
    public required string Id { get; init; }

    /// <summary>One line.</summary>
    public required string Title { get; init; }

    /// <summary>What it teaches.</summary>
    public required string Why { get; init; }

    /// <summary>Its length in minutes.</summary>
    public required double Minutes { get; init; }

    /// <summary>The minute from which the provider is well for good.</summary>
    public required double WellFromMinute { get; init; }

    /// <summary>The minute from which a tenth of what is asked of it goes wrong; null for never.</summary>
    public double? IllFromMinute { get; init; }

    /// <summary>Its phases.</summary>
    public required IReadOnlyList<PhasePart> Phases { get; init; }
}

/// <summary>A phase of the outage.</summary>
/// <param name="Name">Its name.</param>
/// <param name="FromMinute">Its start.</param>
/// <param name="ToMinute">Its end.</param>
/// <param name="Mix">Its mix in words, as in <c>25 % 500, 25 % hang</c>.</param>
/// <param name="Evidence">How sure the record is.</param>
public sealed record PhasePart(string Name, double FromMinute, double ToMinute, string Mix, string Evidence);

/// <summary>How the drill was set up.</summary>
public sealed record SetupPart
{
    /// <summary>The seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The traffic, in words.</summary>
    public required string Traffic { get; init; }

    /// <summary>Calls a second.</summary>
    public required double Rate { get; init; }

    /// <summary>Calls in all.</summary>
    public required int Calls { get; init; }

    /// <summary>Calls that want a stream.</summary>
    public required int Streams { get; init; }

    /// <summary>Sessions that the calls belong to.</summary>
    public required int Sessions { get; init; }

    /// <summary>Minutes of normal service before the outage.</summary>
    public required double MinutesBefore { get; init; }

    /// <summary>Minutes of normal service after it.</summary>
    public required double MinutesAfter { get; init; }

    /// <summary>What the clients ask for, and who can serve it.</summary>
    public required IReadOnlyList<string> Ladders { get; init; }

    /// <summary>The sick providers.</summary>
    public required IReadOnlyList<string> Sick { get; init; }

    /// <summary>Tokens a minute that each account may use.</summary>
    public required long QuotaPerMinute { get; init; }

    /// <summary>What the same calls cost at the primary where nothing fails, in dollars.</summary>
    public required decimal NormalUsd { get; init; }

    /// <summary>What an hour of answered calls brings in, in dollars.</summary>
    public required decimal RevenuePerHour { get; init; }
}

/// <summary>What one strategy came to.</summary>
public sealed record StrategyPart
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it does.</summary>
    public required string Words { get; init; }

    /// <summary>Calls.</summary>
    public required int Calls { get; init; }

    /// <summary>Whole answers, as asked for.</summary>
    public required int Answered { get; init; }

    /// <summary>Whole answers that were less than asked for and said so.</summary>
    public required int Degraded { get; init; }

    /// <summary>Calls without an answer, those that hang among them.</summary>
    public required int Failed { get; init; }

    /// <summary>Half answers.</summary>
    public required int Cut { get; init; }

    /// <summary>Calls that were accepted to be answered later.</summary>
    public required int Deferred { get; init; }

    /// <summary>Calls that got an honest word instead of an answer.</summary>
    public required int Notices { get; init; }

    /// <summary>What each rung gave; null for a rival, and where the ladders have models only.</summary>
    public RungsPart? Rungs { get; init; }

    /// <summary>What clients without a whole answer were told, by the error's status, the commonest first.</summary>
    public required IReadOnlyList<ToldPart> Told { get; init; }

    /// <summary>Calls that were still waiting when the drill was over.</summary>
    public required int Hanging { get; init; }

    /// <summary>Whole answers with wrong content: nothing on the wire tells of it.</summary>
    public required int WrongUnseen { get; init; }

    /// <summary>Answers that were cut and continued; null for a rival.</summary>
    public int? Continued { get; init; }

    /// <summary>Answers that were read back as a client reads them; null for a rival.</summary>
    public int? ReadBack { get; init; }

    /// <summary>Those of them that were not the model's words to the end, or to an honest error; null for a rival.</summary>
    public int? ReadWrong { get; init; }

    /// <summary>Milliseconds to the first token: median, 95th and 99th percentile, and the worst; null where nobody got one.</summary>
    public FirstTokenPart? FirstToken { get; init; }

    /// <summary>Requests to providers.</summary>
    public required int Attempts { get; init; }

    /// <summary>Those of them that were probes.</summary>
    public required int Probes { get; init; }

    /// <summary>The most requests for one call.</summary>
    public required int MostAttempts { get; init; }

    /// <summary>Tokens that were billed.</summary>
    public required long TokensBilled { get; init; }

    /// <summary>Those of them that bought no whole answer.</summary>
    public required long TokensWasted { get; init; }

    /// <summary>The share of them, in [0, 1].</summary>
    public required double WastedShare { get; init; }

    /// <summary>Dollars that were billed.</summary>
    public required decimal Usd { get; init; }

    /// <summary>Dollars that bought no whole answer.</summary>
    public required decimal WastedUsd { get; init; }

    /// <summary>Minutes from the first bad outcome at the sick provider until calls were kept from it; null for never.</summary>
    public double? MinutesToDetect { get; init; }

    /// <summary>
    /// Minutes until then from when the provider was truly ill: a tenth of what is asked of it goes wrong. Negative where it was
    /// earlier than that; null where it never was detected, or never ill.
    /// </summary>
    public double? MinutesToDetectSinceIll { get; init; }

    /// <summary>Bad outcomes at the sick provider until then; all of them where it never was.</summary>
    public required int BadUntilDetected { get; init; }

    /// <summary>Minutes from the first bad outcome until somebody was told, by the default rules; null where nobody was, or where this strategy has no alarms.</summary>
    public double? MinutesToAlarm { get; init; }

    /// <summary>How often somebody was told of something new; null where this strategy has no alarms.</summary>
    public int? AlarmsTold { get; init; }

    /// <summary>Minutes from the provider's recovery until the primary served everything again; null for not within the drill.</summary>
    public double? MinutesToReturn { get; init; }

    /// <summary>Minutes of outage until the sick account's own rate limit was used up; null for never.</summary>
    public double? MinutesToQuotaGone { get; init; }

    /// <summary>Seconds after which a failed call was given up, in the median; null where none was.</summary>
    public double? GaveUpAfterSeconds { get; init; }

    /// <summary>Seconds of outage that were still to come when the first failed call was given up; null where none was.</summary>
    public double? OutageLeftSeconds { get; init; }

    /// <summary>Sessions that noticed: an error, half an answer, or more than ten seconds to a first token.</summary>
    public required int SessionsNoticed { get; init; }

    /// <summary>The share of them, in [0, 1].</summary>
    public required double NoticedShare { get; init; }

    /// <summary>What unanswered calls did not bring in, in dollars.</summary>
    public required decimal RevenueLost { get; init; }

    /// <summary>How it went.</summary>
    public required TimelinePart Timeline { get; init; }
}

/// <summary>What each rung of the ladders gave.</summary>
public sealed record RungsPart
{
    /// <summary>Calls that a model answered at once.</summary>
    public required int Models { get; init; }

    /// <summary>Calls that got an answer of before.</summary>
    public required int Stale { get; init; }

    /// <summary>Calls that a person answered.</summary>
    public required int Person { get; init; }

    /// <summary>Calls that were accepted for later.</summary>
    public required int Deferred { get; init; }

    /// <summary>Those of them that a model has answered since, before their deadline.</summary>
    public required int DeferredDone { get; init; }

    /// <summary>Those of them whose deadline passed.</summary>
    public required int DeferredExpired { get; init; }

    /// <summary>Those of them that came to nothing otherwise.</summary>
    public required int DeferredFailed { get; init; }

    /// <summary>Those of them that still waited when the drill was over.</summary>
    public required int DeferredWaiting { get; init; }

    /// <summary>Minutes from the acceptance of a call that was done until it was, in the median; null where none was.</summary>
    public double? LaterMinutesP50 { get; init; }

    /// <summary>The same at the 99th percentile.</summary>
    public double? LaterMinutesP99 { get; init; }

    /// <summary>Calls that got an honest word.</summary>
    public required int Notices { get; init; }

    /// <summary>Calls that got an error, or half an answer.</summary>
    public required int Failed { get; init; }
}

/// <summary>What some of the clients without a whole answer were told.</summary>
/// <param name="Status">The error's status; 0 for none: no connection, a clock, half an answer, a hang to the end.</param>
/// <param name="Calls">How many.</param>
public sealed record ToldPart(int Status, int Calls);

/// <summary>Milliseconds to the first token.</summary>
/// <param name="P50">The median.</param>
/// <param name="P95">The 95th percentile.</param>
/// <param name="P99">The 99th percentile.</param>
/// <param name="Max">The worst.</param>
public sealed record FirstTokenPart(int P50, int P95, int P99, int Max);

/// <summary>How a strategy's drill went, stretch by stretch.</summary>
public sealed record TimelinePart
{
    /// <summary>How long a stretch is, in minutes.</summary>
    public required double BinMinutes { get; init; }

    /// <summary>Where the first begins, in minutes of the outage: before it, and so negative.</summary>
    public required double FromMinute { get; init; }

    /// <summary>Calls.</summary>
    public required IReadOnlyList<int> Calls { get; init; }

    /// <summary>Calls that got no whole answer.</summary>
    public required IReadOnlyList<int> Failed { get; init; }

    /// <summary>Calls that were served, by whom.</summary>
    public required IReadOnlyList<ServedPart> Served { get; init; }

    /// <summary>Requests to the sick provider.</summary>
    public required IReadOnlyList<int> SickAsked { get; init; }

    /// <summary>Those of them that went wrong.</summary>
    public required IReadOnlyList<int> SickBad { get; init; }

    /// <summary>Milliseconds to the first token, 95th percentile; -1 where there was none.</summary>
    public required IReadOnlyList<int> FirstTokenP95 { get; init; }

    /// <summary>Dollars that were billed.</summary>
    public required IReadOnlyList<decimal> Usd { get; init; }

    /// <summary>Dollars that bought no whole answer.</summary>
    public required IReadOnlyList<decimal> WastedUsd { get; init; }

    /// <summary>The least that was left of the sick account's rate limit, as a share.</summary>
    public required IReadOnlyList<double> QuotaLeft { get; init; }

    /// <summary>Breakers and cooldowns: when they were what.</summary>
    public required IReadOnlyList<BreakerPart> Breakers { get; init; }
}

/// <summary>Calls that one target served.</summary>
/// <param name="By"><c>provider/model</c>.</param>
/// <param name="Calls">How many in each stretch.</param>
public sealed record ServedPart(string By, IReadOnlyList<int> Calls);

/// <summary>A breaker's life.</summary>
/// <param name="Target"><c>provider/model</c>.</param>
/// <param name="Opened">How often it opened.</param>
/// <param name="OpenMinutes">Minutes that it was open in each stretch.</param>
public sealed record BreakerPart(string Target, int Opened, IReadOnlyList<double> OpenMinutes);
