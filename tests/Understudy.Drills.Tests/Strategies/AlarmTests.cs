using Understudy.Alarms;
using Understudy.Configuration;
using Understudy.Drills.Reporting;
using Understudy.Drills.Scenarios;
using Understudy.Drills.Strategies;
using Understudy.Drills.Traffic;

namespace Understudy.Drills.Tests.Strategies;

/// <summary>The alarms in an outage: somebody is told soon, and on a calm day nobody is.</summary>
public sealed class AlarmTests
{
    [Fact]
    public void CalmDay_RingsNobody()
    {
        var length = TimeSpan.FromHours(24);
        var setup = Planned("claude-2026-06-02", 0.3) with
        {
            Scenario = Rehearsal.OneMix(new Mix([(Outcome.Parse("ok"), 1)]), length.TotalMinutes),
            Before = TimeSpan.Zero,
            After = TimeSpan.Zero,
            Traffic = new TrafficPlan(new TidalTraffic(), 0.3, length, 0.8, 1, 7),
        };
        var (engine, world) = Run(setup);
        Assert.True(world.Recorder.Calls > 10_000);
        Assert.Empty(engine.Told);
    }

    [Theory]
    [InlineData("openai-2024-12-11-hard-down", 10)]
    [InlineData("claude-2026-06-02", 10)]
    [InlineData("openai-2025-06-10-brownout", 180)]
    public void Outage_SomebodyIsTold_AndHearsTheEnd(string scenario, double minutes)
    {
        var setup = Planned(scenario, 0.3);
        var (engine, world) = Run(setup);
        var report = ReportBuilder.Build(setup, [new(engine, world)]).Strategies[0];
        Assert.InRange(report.MinutesToAlarm!.Value, 0.5, minutes);
        Assert.True(report.AlarmsTold > 0);
        // Whatever named the sick provider is over in the end; what burns slowly counts for days.
        var last = engine.Told.Where(message => message.Alarms.All(alarm => alarm.Rule != AlarmRule.BurnSlow)).GroupBy(message => message.Key).Select(messages => messages.Last()).ToList();
        Assert.NotEmpty(last);
        Assert.All(last, message => Assert.Equal(AlarmMessageKind.Resolve, message.Kind));
    }

    private static DrillSetup Planned(string scenario, double rate) => DrillPlanner.Plan(new() { Scenario = scenario, Rate = rate, Seed = 11 }, out _)!;

    private static (EngineStrategy Engine, DrillWorld World) Run(DrillSetup setup)
    {
        var world = new DrillWorld(setup);
        var engine = new EngineStrategy(world);
        world.Run(engine);
        return (engine, world);
    }
}
