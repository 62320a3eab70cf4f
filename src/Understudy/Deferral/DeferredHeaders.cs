using Understudy.Calls;

namespace Understudy.Deferral;

/// <summary>Which of a request's headers are kept for later: all but those that tell of this one try, or of how its answer was to travel.</summary>
public static class DeferredHeaders
{
    private static readonly string[] OfTheMoment = ["prefer", "accept", "idempotency-key", "traceparent", "tracestate", "baggage", "if-none-match", "range"];

    /// <summary>Those that are kept.</summary>
    public static HeaderField[] ForLater(IEnumerable<HeaderField> headers) =>
        [.. headers.Where(header => !OfTheMoment.Contains(header.Name, StringComparer.OrdinalIgnoreCase) && !header.Name.StartsWith("x-stainless-", StringComparison.OrdinalIgnoreCase))];
}
