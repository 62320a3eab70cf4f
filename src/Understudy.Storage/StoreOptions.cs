namespace Understudy.Storage;

/// <summary>How a store runs.</summary>
public sealed record StoreOptions
{
    /// <summary>The time. Default the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Told when trouble begins and when it is over; on the store's own thread. Default nobody.</summary>
    public Action<StoreHealth>? HealthChanged { get; init; }

    /// <summary>How often a store in trouble is tried again. Default 5 s.</summary>
    public TimeSpan RetryEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long another program's lock is waited for at the start. Default 3 s.</summary>
    public TimeSpan LockPatience { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The secret under which cached answers are sealed; null to keep them readable. Default null.</summary>
    public string? CacheKey { get; init; }

    /// <summary>How many bytes of cached answers are read at the start. Default 64 MiB.</summary>
    public long CacheBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Cached answers that are older are deleted at the start. Default 24 h.</summary>
    public TimeSpan CacheOldest { get; init; } = TimeSpan.FromHours(24);

    /// <summary>A quota in pages of 4 KiB, for tests of a full disk; 0 for none.</summary>
    internal int MostPages { get; init; }
}
