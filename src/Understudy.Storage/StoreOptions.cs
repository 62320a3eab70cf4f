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

    /// <summary>A quota in pages of 4 KiB, for tests of a full disk; 0 for none.</summary>
    internal int MostPages { get; init; }
}
