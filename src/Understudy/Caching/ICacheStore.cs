namespace Understudy.Caching;

/// <summary>Where cached answers outlive the process. A seam: SQLite for one gateway, PostgreSQL for several (decision 0014). What it loses in trouble is lost: it is a cache.</summary>
public interface ICacheStore
{
    /// <summary>Keeps an entry, in place of an older one. Does not wait.</summary>
    void Keep(CacheEntry entry);

    /// <summary>Forgets entries. Does not wait.</summary>
    void Forget(IReadOnlyList<CacheKey> keys);

    /// <summary>Forgets what an operator wants gone.</summary>
    /// <param name="client">Whose; null for everybody's.</param>
    /// <param name="before">What is older; null for any age.</param>
    /// <returns>True when it is gone from the disk; false where the store has trouble, and it will go when that is over.</returns>
    Task<bool> PurgeAsync(string? client, DateTimeOffset? before);
}
