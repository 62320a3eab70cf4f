namespace Understudy.Observation.Past;

/// <summary>Where records of calls outlive the process. A seam: SQLite for one gateway, PostgreSQL for several (decision 0014). What it loses in trouble is lost.</summary>
public interface ICallStore
{
    /// <summary>How many bytes it holds.</summary>
    long Bytes { get; }

    /// <summary>Keeps a block, and forgets what is too old or too much.</summary>
    /// <param name="block">The block.</param>
    /// <param name="notBefore">What ended before goes.</param>
    /// <param name="mostBytes">What may stay; the oldest go first.</param>
    /// <returns>Whether it is on disk; where not, it is lost.</returns>
    Task<bool> KeepAsync(CallBlock block, DateTimeOffset notBefore, long mostBytes);

    /// <summary>Blocks, those that came in last first: in the order of their ends, for a block with a call that took long begins before others.</summary>
    /// <param name="before">Only those with calls that began before; null for all.</param>
    /// <param name="troubleOnly">Only those with a call in trouble.</param>
    /// <param name="skip">How many of these are passed over.</param>
    /// <param name="most">How many at the most.</param>
    /// <returns>Null where the store has trouble.</returns>
    Task<IReadOnlyList<CallBlock>?> ReadAsync(DateTimeOffset? before, bool troubleOnly, int skip, int most);

    /// <summary>Blocks that may hold a call, the newest first; null where the store has trouble.</summary>
    Task<IReadOnlyList<CallBlock>?> FindAsync(string id);
}
