using Understudy.Configuration;
using Understudy.Wires;

namespace Understudy.Spending;

/// <summary>What tokens cost.</summary>
public static class Cost
{
    private const long Million = 1_000_000;

    /// <summary>More than any answer has: a provider that tells more is not believed.</summary>
    private const long MostTokens = 1_000_000_000;

    /// <summary>
    /// The cost of <paramref name="tokens"/>: each kind by its rate, the sum rounded up to a billionth of a dollar. A
    /// rate that is not known falls back on the one it is a discount or a surcharge of.
    /// </summary>
    public static Usd Of(TokenRates rates, in Usage tokens)
    {
        var input = Believed(tokens.Input);
        var read = Math.Min(Believed(tokens.CacheRead), input);
        var written = Math.Min(Believed(tokens.CacheWrite), input - read);
        var hour = Math.Min(Believed(tokens.CacheWriteHour), written);
        var write = rates.CacheWrite ?? rates.Input;
        var sum = Times(input - read - written, rates.Input)
            + Times(read, rates.CacheRead ?? rates.Input)
            + Times(written - hour, write)
            + Times(hour, rates.CacheWriteHour ?? write)
            + Times(Believed(tokens.Output), rates.Output);
        return new(Usd.Saturated((sum + Million - 1) / Million));
    }

    private static Int128 Times(long tokens, Usd perMillion) => (Int128)tokens * perMillion.Nanos;

    private static long Believed(long tokens) => Math.Clamp(tokens, 0, MostTokens);
}
