namespace Understudy.Wires;

/// <summary>
/// Tokens of one answer, in one meaning for all protocols: <see cref="Input"/> is the whole prompt, cache included;
/// <see cref="Output"/> is everything generated, reasoning included. The protocols disagree
/// (Anthropic's <c>input_tokens</c> excludes cache, Gemini's <c>candidatesTokenCount</c> excludes thoughts).
/// </summary>
/// <param name="Input">Tokens of the prompt, those read from or written to a cache included.</param>
/// <param name="CacheRead">Of these, read from a cache.</param>
/// <param name="CacheWrite">Of these, written to a cache.</param>
/// <param name="Output">Tokens generated, reasoning included.</param>
/// <param name="Reasoning">Of these, reasoning.</param>
public readonly record struct Usage(long Input, long CacheRead, long CacheWrite, long Output, long Reasoning)
{
    /// <summary>Of <see cref="CacheWrite"/>, written to be kept for an hour, which costs more (Anthropic's <c>cache_creation</c>).</summary>
    public long CacheWriteHour { get; init; }

    /// <summary>Whether nothing is known.</summary>
    public bool IsUnknown => this == default;

    /// <summary>The sum of two.</summary>
    public static Usage operator +(Usage a, Usage b) =>
        new(a.Input + b.Input, a.CacheRead + b.CacheRead, a.CacheWrite + b.CacheWrite, a.Output + b.Output, a.Reasoning + b.Reasoning)
        {
            CacheWriteHour = a.CacheWriteHour + b.CacheWriteHour,
        };

    /// <summary>The sum of two.</summary>
    public static Usage Add(Usage left, Usage right) => left + right;

    // One vendor's detail is shown only where it is there.
    private bool PrintMembers(System.Text.StringBuilder text)
    {
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"Input = {Input}, CacheRead = {CacheRead}, CacheWrite = {CacheWrite}, ");
        if (CacheWriteHour != 0) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"CacheWriteHour = {CacheWriteHour}, ");
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"Output = {Output}, Reasoning = {Reasoning}, IsUnknown = {IsUnknown}");
        return true;
    }
}
