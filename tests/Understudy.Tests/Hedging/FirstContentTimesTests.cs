using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Hedging;

namespace Understudy.Tests.Hedging;

public sealed class FirstContentTimesTests
{
    [Fact]
    public void FewTimes_SayNothing()
    {
        var times = new FirstContentTimes();
        for (var i = 0; i < FirstContentTimes.LeastKnown - 1; i++) times.Learn(0, TimeSpan.FromSeconds(1));
        Assert.Null(times.Quantile(0, 0.5));
        times.Learn(0, TimeSpan.FromSeconds(1));
        Assert.NotNull(times.Quantile(0, 0.5));
        Assert.Null(times.Quantile(1, 0.5));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.9)]
    [InlineData(0.95)]
    [InlineData(0.99)]
    public void Quantile_IsNeverTooEarly_AndAtMostABucketTooLate(double quantile)
    {
        var times = new FirstContentTimes();
        var chance = new Chance(3);
        for (var i = 0; i < 20_000; i++) times.Learn(0, TimeSpan.FromSeconds(chance.NextDouble() * 10)); // uniform: the quantile is ten times its share
        var told = times.Quantile(0, quantile)!.Value.TotalSeconds;
        // The weight of about two hundred samples counts: their own scatter stands beside the width of a bucket.
        Assert.InRange(told, quantile * 10 * 0.85, quantile * 10 * 1.19 * 1.15);
    }

    [Fact]
    public void EqualTimes_GiveTheirOwnBucket()
    {
        foreach (var seconds in (double[])[0.001, 0.01, 0.0101, 0.3, 1, 7.7, 60, 500])
        {
            var times = new FirstContentTimes();
            for (var i = 0; i < 5000; i++) times.Learn(0, TimeSpan.FromSeconds(seconds)); // more than once renormalised
            Assert.InRange(times.Quantile(0, 0.95)!.Value.TotalSeconds, seconds * (1 - 1e-9), Math.Max(seconds * 1.19, 0.01));
        }
    }

    [Fact]
    public void TargetSlowsDown_TheEstimateFollowsWithinAHundredCalls()
    {
        var times = new FirstContentTimes();
        for (var i = 0; i < 5000; i++) times.Learn(0, TimeSpan.FromSeconds(0.5));
        for (var i = 0; i < 100; i++) times.Learn(0, TimeSpan.FromSeconds(5));
        Assert.InRange(times.Quantile(0, 0.5)!.Value.TotalSeconds, 5, 6);
        for (var i = 0; i < 100; i++) times.Learn(0, TimeSpan.FromSeconds(0.5));
        Assert.InRange(times.Quantile(0, 0.5)!.Value.TotalSeconds, 0.5, 0.6);
    }

    [Fact]
    public void Budget_NeverGivesMoreThanItsShare_AndSavesUpOnlySoMuch()
    {
        var budget = new HedgeBudget(new HedgeModel { Share = 0.05 });
        var given = 0;
        for (var calls = 1; calls <= 1000; calls++)
        {
            budget.Deposit();
            if (calls % 3 == 0 && budget.TryWithdraw()) given++;
            Assert.True(given <= calls * 0.05);
        }

        Assert.InRange(given, 49, 50);
        for (var calls = 0; calls < 100_000; calls++) budget.Deposit();
        var burst = 0;
        while (budget.TryWithdraw()) burst++;
        Assert.InRange(burst, 10, 11);
    }

    [Fact]
    public void Classes_SeparateWhatTakesDifferentlyLong()
    {
        int Of(int tokens, bool reasoning, bool stream) => RequestClass.Of(new()
        {
            Protocol = WireProtocol.OpenAIChat,
            Body = new byte[tokens * 4],
            Facts = new(0, 0, stream, 0, reasoning, HasTools: false),
            Model = "m",
        });
        var all = (from tokens in (int[])[0, 1023, 1024, 8191, 8192, 65_535, 65_536, 500_000] from reasoning in (bool[])[false, true] from stream in (bool[])[false, true] select Of(tokens, reasoning, stream)).ToList();
        Assert.Equal(Enumerable.Range(0, RequestClass.Count), all.Distinct().Order());
        Assert.Equal(Of(0, false, true), Of(1023, false, true));
        Assert.Equal(Of(8192, false, true), Of(65_535, false, true));
        Assert.NotEqual(Of(65_535, false, true), Of(65_536, false, true));
    }
}
