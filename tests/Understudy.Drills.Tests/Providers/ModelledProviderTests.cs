using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Drills.Providers;
using Understudy.Drills.Scenarios;

namespace Understudy.Drills.Tests.Providers;

public sealed class ModelledProviderTests
{
    private readonly VirtualTime _time = new();
    private Bill? _bill;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.25, 1.5)]
    [InlineData(0.5, 2)]
    [InlineData(0.75, 3)]
    [InlineData(0.999, 3.996)]
    public void Curve_IsStraightBetweenItsPoints(double quantile, double value) =>
        Assert.Equal(value, new QuantileCurve((0, 1), (0.5, 2), (1, 4)).At(quantile), 9);

    [Fact]
    public void SameSeed_SameFate()
    {
        var provider = Provider(WireProtocol.AnthropicMessages);
        var one = provider.Begin(Ask(7));
        var other = provider.Begin(Ask(7));
        Assert.Equal((one.First, one.Length), (other.First, other.Length));
        Assert.NotEqual(one.First, provider.Begin(Ask(8)).First);
    }

    [Fact]
    public void Hang_IsBilledForWhatTheModelDidUnseen()
    {
        var exchange = Provider(WireProtocol.AnthropicMessages).Begin(Ask(1), new Outcome(OutcomeKind.Hang));
        Assert.Equal(Exchange.Never, exchange.First);
        _time.Advance(TimeSpan.FromSeconds(60));
        exchange.End(whole: false);
        Assert.Equal((1000, 200, false), (_bill!.Value.InputTokens, _bill.Value.OutputTokens, _bill.Value.Whole));
        Assert.Equal((1000 * 3000) + (200 * 15000), _bill.Value.NanoDollars);
    }

    [Fact]
    public void GivenUpHalfway_IsBilledForHalfTheAnswer()
    {
        var exchange = Provider(WireProtocol.OpenAIChat).Begin(Ask(1), Outcome.Ok);
        _time.Advance(exchange.First + (exchange.Length / 2));
        exchange.End(whole: false);
        Assert.InRange(_bill!.Value.OutputTokens, 99, 100);
    }

    [Fact]
    public void Gemini_CannotBeCancelled()
    {
        Provider(WireProtocol.Gemini).Begin(Ask(1), Outcome.Ok).End(whole: false);
        Assert.Equal(200, _bill!.Value.OutputTokens);
    }

    [Theory]
    [InlineData("http_500")]
    [InlineData("http_429")]
    [InlineData("conn_refused")]
    [InlineData("dns_fail")]
    public void Refusals_AreNotBilled(string outcome)
    {
        Provider(WireProtocol.AnthropicMessages).Begin(Ask(1), Outcome.Parse(outcome)).End(whole: false);
        Assert.Equal(default, _bill!.Value);
    }

    [Fact]
    public void Stall_ComesLateAndWhole()
    {
        var provider = Provider(WireProtocol.OpenAIChat);
        Assert.Equal(TimeSpan.FromSeconds(30), provider.Begin(Ask(1), new Outcome(OutcomeKind.StallThenOk)).First - provider.Begin(Ask(1), Outcome.Ok).First);
    }

    [Fact]
    public void End_CountsOnce()
    {
        var bills = 0;
        var provider = Provider(WireProtocol.AnthropicMessages);
        provider.Billed += (_, _) => bills++;
        var exchange = provider.Begin(Ask(1), Outcome.Ok);
        exchange.End(whole: true);
        exchange.End(whole: false);
        Assert.Equal(1, bills);
        Assert.True(exchange.Whole);
    }

    [Fact]
    public void Quota_RefillsOverAMinute()
    {
        var quota = new TokenQuota(_time, 6000);
        Assert.Equal(TimeSpan.Zero, quota.TryTake(6000));
        Assert.Equal(TimeSpan.FromSeconds(10), quota.TryTake(1000));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.Zero, quota.TryTake(1000));
        Assert.Equal(0, quota.TokensLeft);
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(1, quota.Left);
        // A prompt of more than a minute's worth passes when the bucket is full.
        Assert.Equal(TimeSpan.Zero, quota.TryTake(50_000));
    }

    [Fact]
    public void OverQuota_Is429WithTheWaitItNeeds()
    {
        var provider = Provider(WireProtocol.AnthropicMessages, quota: 1200);
        Assert.False(provider.Begin(Ask(1)).OverQuota);
        var refused = provider.Begin(Ask(2));
        Assert.True(refused.OverQuota);
        Assert.Equal(429, refused.Outcome.Status);
        Assert.Equal(TimeSpan.FromSeconds(60), refused.RetryAfter);
    }

    [Fact]
    public void Stampede_DrawsARecoveryOut()
    {
        var phase = ScenarioCatalogue.Find("gcp-2025-06-12-herd")!.Phases[2];
        Assert.Equal(60, SecondsUntilHalf(politely: true), 1);
        Assert.True(double.IsPositiveInfinity(SecondsUntilHalf(politely: false)));

        double SecondsUntilHalf(bool politely)
        {
            var capacity = new LimitedCapacity(phase, normalPerSecond: 10);
            for (var second = 0; second < 7200 * 2; second++)
            {
                for (var call = 0; call < (politely ? 1 : 10); call++)
                {
                    capacity.MoveTo(phase.FromMinute + ((second + (call / 10.0)) / 60));
                    capacity.TryServe();
                }

                if (capacity.Recovered >= 0.5) return second / 60.0;
            }

            return double.PositiveInfinity;
        }
    }

    [Fact]
    public void StickySessions_AreHitAgainAndAgain()
    {
        var provider = new ModelledProvider("claude", WireProtocol.AnthropicMessages, _time, (_, _) => default, ScenarioCatalogue.Find("quality-2025-08"), TimeSpan.FromMinutes(-35_000));
        for (ulong session = 0; session < 50; session++)
        {
            var kinds = Enumerable.Range(0, 10).Select(i => provider.Begin(Ask((ulong)i) with { SessionSeed = session }).Outcome.Kind).Distinct();
            Assert.Single(kinds);
        }
    }

    private ModelledProvider Provider(WireProtocol protocol, long? quota = null)
    {
        var provider = new ModelledProvider("it", protocol, _time, (_, _) => TokenPrice.PerMillion(Usd.FromDollars(3), Usd.FromDollars(15))) { Quota = quota is { } tokens ? new(_time, tokens) : null };
        provider.Billed += (_, bill) => _bill = bill;
        return provider;
    }

    private static Question Ask(ulong seed) => new() { Model = "m", InputTokens = 1000, OutputTokens = 200, Stream = true, Seed = seed };
}
