using System.Text.Json.Serialization;

namespace Understudy.Simulator.Faults;

/// <summary>One entry of a fault plan, as <c>PUT /_sim/faults</c> takes it (names in snake_case there).</summary>
public sealed record FaultSpec
{
    /// <summary>Which fault: see <see cref="FaultPlan.Kinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>The share of calls it hits, 0 to 1. Default: 1.</summary>
    public double Share { get; init; } = 1;

    /// <summary>
    /// Faults in the middle of a stream: pieces of content sent before it strikes. 0 (the default) strikes before the first;
    /// more than the answer has strikes after the last, before the closing events. A whole answer is struck at half its bytes.
    /// </summary>
    public int After { get; init; }

    /// <summary>In place of <see cref="After"/>: the share of the answer's pieces, 0 to 1. Default: none.</summary>
    public double? Fraction { get; init; }

    /// <summary><c>status</c>: the HTTP status. Default: 500. <c>error_event</c>: the status whose error is told. Default: the vendor's overload.</summary>
    public int? Code { get; init; }

    /// <summary><c>status</c>, <c>html</c>, <c>garbage</c>: the body, in place of the vendor's own.</summary>
    [JsonConverter(typeof(BodyConverter))]
    public string? Body { get; init; }

    /// <summary><c>status</c>: seconds in <c>retry-after</c> (Gemini: in RetryInfo). Default: none.</summary>
    public double? RetryAfter { get; init; }

    /// <summary><c>slow</c>: how many times slower. Default: 10.</summary>
    public double Factor { get; init; } = 10;

    /// <summary><c>hang</c>, <c>hang_after_headers</c>, <c>stall</c>, <c>refuse</c>: ends after so many seconds. Default: never.</summary>
    public double? Seconds { get; init; }

    /// <summary><c>overlap</c>: how many words are said again. Default: 3.</summary>
    public int Words { get; init; } = 3;

    /// <summary>Only calls of these models; a <c>*</c> at the end stands for any rest. Default: all.</summary>
    public IReadOnlyList<string>? Models { get; init; }

    /// <summary>Hits so many calls and no more. Default: no limit.</summary>
    public int? Times { get; init; }
}
