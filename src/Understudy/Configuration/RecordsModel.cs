namespace Understudy.Configuration;

/// <summary>How the records of calls that have ended are kept in the store. Without a store only the last few are known.</summary>
public sealed record RecordsModel
{
    /// <summary>Whether they are kept at all. Default true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>For how long. Default 24 h.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Bytes that they may take in the store; beyond it the oldest go. Default 256 MiB, some four million calls.</summary>
    public long MaxBytes { get; init; } = 256L << 20;

    /// <summary>What is older than this goes; the beginning of all time where it is kept for ever.</summary>
    /// <param name="now">The time.</param>
    public DateTimeOffset NotBefore(DateTimeOffset now) => now - DateTimeOffset.MinValue > Keep ? now - Keep : DateTimeOffset.MinValue;
}
