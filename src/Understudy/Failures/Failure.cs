namespace Understudy.Failures;

/// <summary>One failure, as a value. Expected failures are never exceptions: see <c>docs/decisions/0002-failure-as-a-value.md</c>.</summary>
/// <param name="kind">What failed.</param>
/// <param name="reason">A short text for records and logs. Never a prompt, an answer, a key or an upstream's own message.</param>
public sealed class Failure(FailureKind kind, string reason)
{
    /// <summary>What failed.</summary>
    public FailureKind Kind { get; } = kind;

    /// <summary>A short text for records and logs, without content or secrets.</summary>
    public string Reason { get; } = reason;

    /// <summary>The upstream's status code, where one was read; else 0.</summary>
    public int Status { get; init; }

    /// <summary>How long the upstream asks to be left alone; null where it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A text for the client alone: it may quote the request. Never in a record or a log.</summary>
    public string? ToldSensitive { get; init; }

    /// <summary>What follows from it.</summary>
    public FailureTraits Traits => FailureTraits.Of(Kind);

    /// <inheritdoc/>
    public override string ToString() => Status == 0 ? $"{Kind}: {Reason}" : $"{Kind} ({Status}): {Reason}";
}
