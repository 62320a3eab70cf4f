namespace Understudy.Chaos;

/// <summary>An experiment as it is kept: its order, where it stood, and what had come of it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Order">What was ordered.</param>
/// <param name="State">Its state when it was kept.</param>
/// <param name="EndedAt">When it ended; null where it had not.</param>
/// <param name="EndedBy">Who ended it.</param>
/// <param name="EndedWhy">Why.</param>
/// <param name="Touched">Requests that it hit.</param>
/// <param name="Calls">Calls of its routes that ended meanwhile.</param>
/// <param name="Hurt">Of them those without an answer.</param>
/// <param name="Moved">Of them those that another target served.</param>
/// <param name="Continued">Of them those that were continued.</param>
public sealed record ChaosReport(string Id, ChaosOrder Order, ChaosState State, DateTimeOffset? EndedAt, string? EndedBy, string? EndedWhy, long Touched, int Calls, int Hurt, int Moved, int Continued);

/// <summary>Where experiments outlive the process. A seam: SQLite for one gateway, PostgreSQL for several (decision 0014).</summary>
public interface IChaosStore
{
    /// <summary>Keeps what is scheduled and what came of the last ones, in place of what was. Does not wait; in trouble it is written when that is over.</summary>
    void Save(IReadOnlyList<ChaosReport> experiments);
}
