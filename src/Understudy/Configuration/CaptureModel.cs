namespace Understudy.Configuration;

/// <summary>How long and how much of what was captured is kept, and what is taken out of it first. Captures nothing by itself: routes do.</summary>
public sealed record CaptureModel
{
    /// <summary>How long a captured call is kept. Default 7 days.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Bytes of captured calls in the store; beyond it the oldest go. Default 256 MiB.</summary>
    public long MaxBytes { get; init; } = 256L << 20;

    /// <summary>Bytes of a request, and of an answer, that are kept of one call; the rest is cut off. Default 256 KiB.</summary>
    public int MaxBody { get; init; } = 256 << 10;

    /// <summary>The operator's own patterns of what is taken out, besides those that always are. Regular expressions. Default none.</summary>
    public IReadOnlyList<string> Redact { get; init; } = [];

    /// <summary>What is older than this goes; the beginning of all time where it is kept for ever.</summary>
    /// <param name="now">The time.</param>
    public DateTimeOffset NotBefore(DateTimeOffset now) => now - DateTimeOffset.MinValue > Keep ? now - Keep : DateTimeOffset.MinValue;
}

/// <summary>Which of a route's calls are captured.</summary>
public sealed record CaptureRule
{
    /// <summary>The share of the calls that are looked at, from 0 to 1. Default 1.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Which of these are kept. Default all.</summary>
    public CaptureOf Of { get; init; } = CaptureOf.All;
}

/// <summary>Which calls are worth capturing.</summary>
public enum CaptureOf
{
    /// <summary>Every one.</summary>
    All,

    /// <summary>Those that took a second attempt, were degraded, refused or not answered.</summary>
    Trouble,

    /// <summary>Those that were refused or not answered.</summary>
    Failed,
}
