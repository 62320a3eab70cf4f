namespace Understudy.Configuration;

/// <summary>The cache behind all cache rungs.</summary>
public sealed record CacheModel
{
    /// <summary>Bytes of memory that answers may take. Default 64 MiB.</summary>
    public long MaxBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>The secret under which answers are sealed in the store; null where they are kept readable. Never printed.</summary>
    public string? Key { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"cache of {MaxBytes} bytes, {(Key is null ? "plain" : "sealed")} in the store";
}
