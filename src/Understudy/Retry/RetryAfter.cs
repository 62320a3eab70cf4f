using System.Globalization;

namespace Understudy.Retry;

/// <summary>Reads <c>retry-after</c> in the forms that providers use.</summary>
public static class RetryAfter
{
    /// <summary>Longer than any deadline; what an absurd value is bounded to.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    /// <summary>Reads the headers' values.</summary>
    /// <param name="retryAfter"><c>retry-after</c>: seconds, possibly with a fraction, or an HTTP date (RFC 9110 §10.2.3).</param>
    /// <param name="retryAfterMilliseconds"><c>retry-after-ms</c>: milliseconds; it wins, for it is finer.</param>
    /// <param name="now">For dates.</param>
    /// <returns>Zero or more and at most <see cref="Longest"/>; null where neither can be read.</returns>
    public static TimeSpan? Parse(string? retryAfter, string? retryAfterMilliseconds, DateTimeOffset now)
    {
        if (Number(retryAfterMilliseconds) is { } milliseconds) return Bound(milliseconds / 1000);
        if (Number(retryAfter) is { } seconds) return Bound(seconds);
        return DateTimeOffset.TryParseExact(
            retryAfter, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? Bound((date - now).TotalSeconds)
            : null;
    }

    private static double? Number(string? text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number)
        && double.IsFinite(number)
            ? number
            : null;

    private static TimeSpan Bound(double seconds) =>
        seconds <= 0 ? TimeSpan.Zero : seconds >= Longest.TotalSeconds ? Longest : TimeSpan.FromSeconds(seconds);
}
