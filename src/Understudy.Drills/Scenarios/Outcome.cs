using System.Globalization;

namespace Understudy.Drills.Scenarios;

/// <summary>One outcome of a mix.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Status">The status of <see cref="OutcomeKind.Status"/>; else 0.</param>
/// <param name="TellsRetryAfter">Whether a 429 says how long to wait.</param>
public readonly record struct Outcome(OutcomeKind Kind, int Status = 0, bool TellsRetryAfter = false)
{
    /// <summary>All is well.</summary>
    public static Outcome Ok { get; } = new(OutcomeKind.Ok);

    /// <summary>Whether the caller gets what it asked for, in time or late.</summary>
    public bool IsGood => Kind is OutcomeKind.Ok or OutcomeKind.Slow;

    /// <summary>Reads a word of the scenario file.</summary>
    /// <exception cref="FormatException">No such outcome.</exception>
    public static Outcome Parse(string word) => word switch
    {
        "ok" => Ok,
        "slow" => new(OutcomeKind.Slow),
        "stall_then_ok" => new(OutcomeKind.StallThenOk),
        "hang" => new(OutcomeKind.Hang),
        "conn_refused" => new(OutcomeKind.ConnectionRefused),
        "dns_fail" => new(OutcomeKind.NameNotFound),
        "stream_cut" => new(OutcomeKind.StreamCut),
        "stream_error_event" => new(OutcomeKind.StreamError),
        "stream_stall" => new(OutcomeKind.StreamStall),
        "garbled_200" => new(OutcomeKind.Garbled),
        "http_429_no_retry_after" => new(OutcomeKind.Status, 429),
        "http_429" => new(OutcomeKind.Status, 429, TellsRetryAfter: true),
        _ when word.StartsWith("http_", StringComparison.Ordinal)
            && int.TryParse(word.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            && status is >= 300 and < 600 => new(OutcomeKind.Status, status),
        _ => throw new FormatException($"there is no outcome '{word}'"),
    };

    /// <summary>In a person's words, short.</summary>
    public string Words => Kind switch
    {
        OutcomeKind.Ok => "well",
        OutcomeKind.Slow => "slow",
        OutcomeKind.StallThenOk => "stall, then well",
        OutcomeKind.Hang => "hang",
        OutcomeKind.Status when Status == 429 && !TellsRetryAfter => "429 without retry-after",
        OutcomeKind.Status => Status.ToString(CultureInfo.InvariantCulture),
        OutcomeKind.ConnectionRefused => "connection refused",
        OutcomeKind.NameNotFound => "name not found",
        OutcomeKind.StreamCut => "cut mid-stream",
        OutcomeKind.StreamError => "error mid-stream",
        OutcomeKind.StreamStall => "silence mid-stream",
        OutcomeKind.Garbled => "wrong content",
    };
}
