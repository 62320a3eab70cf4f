namespace Understudy.Configuration;

/// <summary>The queue behind all defer rungs and all batches.</summary>
public sealed record DeferredModel
{
    /// <summary>Pieces of work that are done at once, at the most. It begins with one a route. Default 16.</summary>
    public int Concurrency { get; init; } = 16;

    /// <summary>Bytes of requests and answers that are kept, at the most; beyond that nothing more is accepted. Default 4 GiB.</summary>
    public long MaxBytes { get; init; } = 4L << 30;

    /// <summary>How long the requests of a batch may wait before they expire. Default 24 h, as at the vendor.</summary>
    public TimeSpan BatchDeadline { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long the results of a batch are kept from its making. Default 29 days, as at the vendor.</summary>
    public TimeSpan BatchKeep { get; init; } = TimeSpan.FromDays(29);
}
