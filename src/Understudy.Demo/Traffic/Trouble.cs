namespace Understudy.Demo.Traffic;

/// <summary>A call that did not end as it should: its id and what kind of trouble, never its content.</summary>
/// <param name="RequestId">The gateway's id; null where no answer came.</param>
/// <param name="Kind">What it was.</param>
internal sealed record Trouble(string? RequestId, string Kind);
