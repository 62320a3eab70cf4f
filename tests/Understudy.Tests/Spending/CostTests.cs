using FsCheck;
using FsCheck.Fluent;
using Understudy.Configuration;
using Understudy.Spending;
using Understudy.Wires;

namespace Understudy.Tests.Spending;

public sealed class CostTests
{
    private static readonly TokenRates Sonnet = TokenRates.Of(3, 15, 0.3m, 3.75m, 6);

    [Fact]
    public void EveryKindOfToken_HasItsOwnRate()
    {
        var tokens = new Usage(Input: 10_000, CacheRead: 6_000, CacheWrite: 3_000, Output: 500, Reasoning: 200) { CacheWriteHour = 1_000 };
        // 1,000 fresh at $3, 6,000 read at $0.30, 2,000 written at $3.75, 1,000 for an hour at $6, 500 out at $15.
        Assert.Equal(0.003m + 0.0018m + 0.0075m + 0.006m + 0.0075m, Cost.Of(Sonnet, tokens).Dollars);
    }

    [Fact]
    public void UnknownCacheRates_CountAsWhatTheyAreADiscountOf()
    {
        var rates = TokenRates.Of(3, 15);
        Assert.Equal(Cost.Of(rates, new(10_000, 0, 0, 5, 0)), Cost.Of(rates, new(10_000, 6_000, 3_000, 5, 0)));
        var hour = new Usage(1_000, 0, 1_000, 0, 0) { CacheWriteHour = 1_000 };
        Assert.Equal(Cost.Of(TokenRates.Of(3, 15, cacheWrite: 4), new(1_000, 0, 1_000, 0, 0)), Cost.Of(TokenRates.Of(3, 15, cacheWrite: 4), hour));
    }

    [Theory]
    [InlineData(0.022, 1, 22)] // the catalogue's finest price: whole billionths a token
    [InlineData(0.0001, 1, 1)] // a tenth of a billionth is rounded up: sums must never fall short of the bill
    [InlineData(0.0001, 10, 1)]
    [InlineData(0.0001, 11, 2)]
    [InlineData(0, 1_000_000, 0)]
    public void Fractions_AreRoundedUp_Once(double dollarsPerMillion, long tokens, long nanos) =>
        Assert.Equal(nanos, Cost.Of(TokenRates.Of((decimal)dollarsPerMillion, 0), new(tokens, 0, 0, 0, 0)).Nanos);

    [Fact]
    public void AbsurdTokens_AreNotBelieved_AndOverflowNothing()
    {
        var most = Cost.Of(TokenRates.Of(1_000_000, 1_000_000), new(long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue, 0));
        Assert.Equal(2_000_000_000m, most.Dollars);
        Assert.Equal(Usd.Zero, Cost.Of(Sonnet, new(-5, -5, -5, -5, -5)));
        // A cache cannot have had more than was asked.
        Assert.Equal(Cost.Of(Sonnet, new(100, 100, 0, 0, 0)), Cost.Of(Sonnet, new(100, 900, 900, 0, 0)));
    }

    [Fact]
    public void Amounts_Saturate_AndNeverWrap()
    {
        Assert.Equal(Usd.Largest, Usd.Largest + new Usd(1));
        Assert.Equal(-long.MaxValue, (new Usd(-long.MaxValue) - Usd.Largest).Nanos);
        Assert.Equal(Usd.Largest, Usd.FromDollars(decimal.MaxValue));
        Assert.Equal(-long.MaxValue, Usd.FromDollars(decimal.MinValue).Nanos);
    }

    [Theory]
    [InlineData(50, "$50")]
    [InlineData(0.0123, "$0.0123")]
    [InlineData(0, "$0")]
    [InlineData(-2.5, "-$2.5")]
    public void Amounts_AreWrittenAsPeopleDo(double dollars, string expected) => Assert.Equal(expected, Usd.FromDollars((decimal)dollars).ToString());

    [Fact]
    public void CostOfTwo_IsTheSumOfTheirCosts_ButForRounding() => Prop.ForAll(Gen.Choose(0, 1_000_000).Four().ToArbitrary(), numbers =>
    {
        var (a, b, c, d) = numbers;
        var first = new Usage(a, a / 2, a / 3, b, 0);
        var second = new Usage(c, c / 4, 0, d, 0);
        var apart = Cost.Of(Sonnet, first) + Cost.Of(Sonnet, second);
        return Cost.Of(Sonnet, first + second) is var together && apart >= together && apart - together <= new Usd(1);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void LastRuleThatApplies_Wins_AndHoursMayGoOverMidnight()
    {
        var night = new PriceModel
        {
            Base = TokenRates.Of(2, 2),
            Rules =
            [
                new() { Rates = TokenRates.Of(4, 4), AboveInputTokens = 100 },
                new() { Rates = TokenRates.Of(1, 1), DailyFrom = new(22, 0), DailyTo = new(2, 0) },
                new() { Rates = TokenRates.Of(9, 9), From = new(2027, 1, 1) },
            ],
        };
        decimal At(string time, long tokens) => night.RatesFor(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture), tokens).Input.Dollars;
        Assert.Equal((2, 4), (At("2026-06-02T12:00:00Z", 100), At("2026-06-02T12:00:00Z", 101)));
        Assert.Equal((1, 1, 2), (At("2026-06-02T23:59:59Z", 101), At("2026-06-02T01:59:59Z", 1), At("2026-06-02T02:00:00Z", 1)));
        Assert.Equal(9, At("2027-01-01T23:00:00Z", 101));
    }
}
