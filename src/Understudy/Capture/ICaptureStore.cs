namespace Understudy.Capture;

/// <summary>Where captured calls are kept. A seam: SQLite for one gateway, PostgreSQL for several (decision 0014). What it loses in trouble is lost.</summary>
public interface ICaptureStore
{
    /// <summary>Keeps a call.</summary>
    /// <returns>Whether it is on disk; where not, it is lost.</returns>
    Task<bool> KeepAsync(CapturedCall call);

    /// <summary>Forgets what is too old, and the oldest of what is too much.</summary>
    /// <param name="notBefore">What is older goes.</param>
    /// <param name="mostBytes">What may stay.</param>
    Task SweepAsync(DateTimeOffset notBefore, long mostBytes);

    /// <summary>Captured calls, the newest first.</summary>
    /// <param name="route">Of that route only; null for all.</param>
    /// <param name="client">Of that client only; null for all.</param>
    /// <param name="before">Only older ones; null from the newest.</param>
    /// <param name="most">How many at the most.</param>
    /// <returns>Null where the store has trouble.</returns>
    Task<IReadOnlyList<CapturedHead>?> ListAsync(string? route, string? client, DateTimeOffset? before, int most);

    /// <summary>One call; null where there is none, or where it is sealed under another key.</summary>
    Task<CapturedCall?> FindAsync(string id);

    /// <summary>Forgets what an operator wants gone.</summary>
    /// <param name="client">Whose; null for everybody's.</param>
    /// <param name="before">What is older; null for any age.</param>
    /// <returns>How many; null where the store has trouble, and they will go when that is over.</returns>
    Task<int?> PurgeAsync(string? client, DateTimeOffset? before);
}
