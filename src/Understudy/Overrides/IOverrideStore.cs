namespace Understudy.Overrides;

/// <summary>Where orders outlive the process. A seam: SQLite for one gateway, PostgreSQL for several (decision 0014).</summary>
public interface IOverrideStore
{
    /// <summary>
    /// Keeps what is in force now and the action that made it so, in one piece. What could not be written is written as
    /// soon as the store is well again.
    /// </summary>
    /// <returns>Whether it is kept: true once it is on disk, false where the store has trouble.</returns>
    Task<bool> SaveAsync(IReadOnlyList<Override> inForce, OverrideAction action);
}
