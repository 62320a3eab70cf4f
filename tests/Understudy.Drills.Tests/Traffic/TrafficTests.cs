using Understudy.Drills.Traffic;

namespace Understudy.Drills.Tests.Traffic;

public sealed class TrafficTests
{
    [Fact]
    public void Exponential_HasMeanAndSpreadOfOne()
    {
        var chance = new Chance(1);
        var draws = Enumerable.Range(0, 100_000).Select(_ => TrafficSource.Exponential(chance)).ToList();
        var mean = draws.Average();
        Assert.InRange(mean, 0.98, 1.02);
        Assert.InRange(draws.Average(draw => (draw - mean) * (draw - mean)), 0.95, 1.05);
        Assert.InRange(draws.Count(draw => draw > 2) / 100_000.0, 0.130, 0.141); // e^-2 = 0.135
    }

    [Theory]
    [InlineData("poisson", 3)]
    [InlineData("azure2023_conv", 1)]
    [InlineData("azure2023_conv", 12)]
    [InlineData("azure2023_code", 2.6)]
    [InlineData("mooncake", 5)]
    [InlineData("servegen", 5)]
    public void Source_KeepsTheRateAndTheOrder(string name, double rate)
    {
        var length = name == "servegen" ? TimeSpan.FromDays(14) : TimeSpan.FromHours(6);
        if (name == "servegen") rate = 0.1;
        var calls = new TrafficPlan(TrafficSource.Find(name)!, rate, length, 0.8, 1, 9).Calls().ToList();
        Assert.InRange(calls.Count / length.TotalSeconds, rate * 0.95, rate * 1.05);
        Assert.All(calls.Zip(calls.Skip(1)), pair => Assert.True(pair.First.At <= pair.Second.At));
        Assert.All(calls, call => Assert.True(call is { InputTokens: > 0, OutputTokens: > 0 }));
        Assert.InRange(calls.Count(call => call.Stream) / (double)calls.Count, 0.78, 0.82);
    }

    [Theory]
    [InlineData("azure2023_conv", 19366, 5.5)]
    [InlineData("azure2023_code", 8819, 2.56)]
    [InlineData("mooncake", 12031, 3.4)]
    public void Trace_IsTheRecordedHour(string name, int calls, double rate)
    {
        var trace = Trace.Read(name);
        Assert.Equal(calls, trace.Calls.Count);
        Assert.InRange(trace.Rate, rate - 0.1, rate + 0.1);
    }

    [Fact]
    public void Plan_IsTheSameEachTime()
    {
        var plan = new TrafficPlan(new PoissonTraffic(), 2, TimeSpan.FromMinutes(30), 0.8, 2, 4);
        Assert.Equal(plan.Calls(), plan.Calls());
        Assert.NotEqual(plan.Calls().First().At, new TrafficPlan(new PoissonTraffic(), 2, TimeSpan.FromMinutes(30), 0.8, 2, 5).Calls().First().At);
    }

    [Fact]
    public void Summary_AddsUp()
    {
        var plan = new TrafficPlan(new PoissonTraffic(), 2, TimeSpan.FromMinutes(30), 0.8, 1, 4);
        var calls = plan.Calls().ToList();
        var summary = plan.Summarize();
        Assert.Equal(calls.Count, summary.Calls);
        Assert.Equal(calls.Sum(call => (long)call.InputTokens), summary.InputTokens);
        Assert.Equal(calls.Select(call => call.Session).Distinct().Count(), summary.Sessions);
        Assert.Equal(calls.GroupBy(call => (int)call.At.TotalMinutes).Max(minute => minute.Sum(call => (long)call.InputTokens + call.OutputTokens)), summary.BusiestMinute);
    }

    [Fact]
    public void Sessions_HaveEightCallsInTheMean()
    {
        var sessions = new Sessions(10, new(2));
        var calls = Enumerable.Range(0, 50_000).Select(_ => sessions.Next()).ToList();
        Assert.InRange(calls.Count / (double)sessions.Count, 7.5, 8.5);
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(20, 16)]
    [InlineData(21, 24)]
    [InlineData(28, 24)]
    [InlineData(29, 32)]
    [InlineData(1000, 1024)]
    [InlineData(1400, 1536)]
    [InlineData(130_000, 131_072)]
    public void SizeClass_IsTheNearestHalfPowerOfTwo(int tokens, int size) => Assert.Equal(size, RequestBodies.SizeClass(tokens));
}
