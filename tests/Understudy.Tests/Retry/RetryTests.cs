using Understudy.Configuration;
using Understudy.Drills;
using Understudy.Retry;

namespace Understudy.Tests.Retry;

public sealed class RetryTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 2, 6, 4, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("2", null, 2.0)]
    [InlineData("0.5", null, 0.5)]
    [InlineData(" 3 ", null, 3.0)]
    [InlineData("30", "250", 0.25)]
    [InlineData("Tue, 02 Jun 2026 06:04:10 GMT", null, 10.0)]
    [InlineData("Tue, 02 Jun 2026 06:03:00 GMT", null, 0.0)]
    [InlineData("-5", null, 0.0)]
    [InlineData("99999999999", null, 86400.0)]
    public void RetryAfter_InEveryForm_IsRead(string? seconds, string? milliseconds, double expected) =>
        Assert.Equal(TimeSpan.FromSeconds(expected), RetryAfter.Parse(seconds, milliseconds, Now));

    [Theory]
    [InlineData("soon")]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("1e400")]
    [InlineData("NaN")]
    [InlineData("1,5")]
    public void RetryAfter_ThatIsNone_IsNull(string? text) => Assert.Null(RetryAfter.Parse(text, null, Now));

    [Fact]
    public void Delays_FillTheWholeRange_AndGrowToTheCap()
    {
        var chance = new Chance(1);
        var model = new RetryModel();
        foreach (var (retry, ceiling) in new[] { (0, 250.0), (1, 500.0), (3, 2000.0), (5, 8000.0), (40, 8000.0) })
        {
            var delays = Enumerable.Range(0, 2000).Select(_ => Backoff.Delay(model, retry, null, chance).TotalMilliseconds).ToArray();
            Assert.All(delays, delay => Assert.InRange(delay, 0, ceiling));
            Assert.InRange(delays.Average(), ceiling * 0.46, ceiling * 0.54); // full jitter: uniform, so half of it on average
        }
    }

    [Fact]
    public void RetryAfter_IsNeverUndercut_AndSpread()
    {
        var chance = new Chance(2);
        var delays = Enumerable.Range(0, 100).Select(_ => Backoff.Delay(new(), 0, TimeSpan.FromSeconds(5), chance)).ToArray();
        Assert.All(delays, delay => Assert.InRange(delay.TotalSeconds, 5, 5.25));
        Assert.True(delays.Distinct().Count() > 90);
    }

    [Fact]
    public void Budget_BoundsRetriesToAShareOfCalls()
    {
        var time = new VirtualTime();
        var budget = new RetryBudget(new() { BudgetFloorPerSecond = 0.001 }, time);
        Assert.True(budget.TryWithdraw()); // the floor's one
        Assert.False(budget.TryWithdraw());
        var allowed = 0;
        for (var i = 0; i < 1000; i++)
        {
            budget.Deposit();
            if (budget.TryWithdraw()) allowed++;
        }

        Assert.InRange(allowed, 195, 200);
    }

    [Fact]
    public void Budget_GivesTheFloorBackWithTime()
    {
        var time = new VirtualTime();
        var budget = new RetryBudget(new() { BudgetFloorPerSecond = 2 }, time);
        var burst = 0;
        while (budget.TryWithdraw()) burst++;
        Assert.Equal(20, burst);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(budget.TryWithdraw());
        Assert.True(budget.TryWithdraw());
        Assert.False(budget.TryWithdraw());
    }
}
