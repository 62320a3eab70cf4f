namespace Understudy.Rehearsals;

/// <summary>One drill of the policy in force, and what came of it.</summary>
public sealed record Rehearsal
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>When it was run.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The outage that was replayed.</summary>
    public required string Scenario { get; init; }

    /// <summary>Who wanted it: <c>the schedule</c>, or an operator.</summary>
    public required string Who { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Took { get; init; }

    /// <summary>What it found.</summary>
    public required RehearsalFinding Finding { get; init; }

    /// <summary>The share of calls that had to get a whole answer.</summary>
    public required double Wanted { get; init; }

    /// <summary>Whether the policy survived: enough calls got a whole answer.</summary>
    public bool Survived => Finding is { Trouble: null, Calls: > 0 } && Finding.Share >= Wanted;
}

/// <summary>What a drill found.</summary>
public sealed record RehearsalFinding
{
    /// <summary>Why it could not be run; null where it was.</summary>
    public string? Trouble { get; init; }

    /// <summary>Calls that were played.</summary>
    public int Calls { get; init; }

    /// <summary>Calls that got a whole answer, a lesser one that says so included.</summary>
    public int Answered { get; init; }

    /// <summary>What it would have cost, in US dollars.</summary>
    public decimal Usd { get; init; }

    /// <summary>Minutes until calls were kept from the sick provider; null for never.</summary>
    public double? MinutesToDetect { get; init; }

    /// <summary>Minutes until somebody would have been told; null for never.</summary>
    public double? MinutesToAlarm { get; init; }

    /// <summary>The share that got a whole answer, from 0 to 1.</summary>
    public double Share => Calls == 0 ? 0 : Answered / (double)Calls;
}

/// <summary>Runs one drill of the policy in force, where it does not get in the way of calls.</summary>
/// <param name="scenario">The outage.</param>
/// <param name="cancellationToken">Ends it.</param>
/// <returns>What it found, and its whole report as JSON; null where it could not be run.</returns>
public delegate Task<(RehearsalFinding Finding, string? Report)> Rehearse(string scenario, CancellationToken cancellationToken);

/// <summary>Where reports outlive the process. A seam: SQLite for one gateway, PostgreSQL for several (decision 0014).</summary>
public interface IRehearsalStore
{
    /// <summary>Keeps the list in place of what was, with the whole report of the newest. Does not wait; what it loses in trouble is lost.</summary>
    void Save(IReadOnlyList<Rehearsal> all, Rehearsal newest, string? report);

    /// <summary>A whole report as JSON; null where it is not kept.</summary>
    Task<string?> ReportAsync(string id);
}
