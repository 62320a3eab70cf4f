using Understudy.Drills.Reporting;
using Understudy.Drills.Reporting.Page;
using Understudy.Drills.Rungs;
using Understudy.Drills.Strategies;
using Understudy.Drills.Traffic;

namespace Understudy.Drills.Tests.Strategies;

/// <summary>No model answers: what each rung gives, and that nothing is lost and nobody stampedes.</summary>
public sealed class RungsTests
{
    [Fact]
    public void AllProvidersDown_EveryCallGetsSomething_AndWhatWasAcceptedIsAccountedFor()
    {
        var report = RungsDrill.Report(0.3);
        var engine = report.Strategies[0];
        var rungs = engine.Rungs!;
        Assert.Equal(engine.Calls, rungs.Models + rungs.Stale + rungs.Person + rungs.Deferred + rungs.Notices + rungs.Failed);
        Assert.Equal(rungs.Deferred, rungs.DeferredDone + rungs.DeferredExpired + rungs.DeferredFailed + rungs.DeferredWaiting);
        Assert.Equal(0, rungs.Failed);
        Assert.Equal(0, engine.ReadWrong);
        Assert.All([rungs.Models, rungs.Stale, rungs.Person, rungs.DeferredDone], given => Assert.True(given > 0));
        Assert.Equal(0, rungs.DeferredExpired + rungs.DeferredFailed + rungs.DeferredWaiting);
        Assert.True(rungs.LaterMinutesP99 >= rungs.LaterMinutesP50);
        Assert.Contains("What each rung gave", ReportPage.Write(report, Understudy.Drills.Scenarios.ScenarioCatalogue.Find(RungsDrill.Scenario)!), StringComparison.Ordinal);
    }

    [Fact]
    public void QueueOfHours_DoesNotStampedeWhoComesBack()
    {
        var setup = RungsDrill.Setup(1);
        var world = new DrillWorld(setup);
        var engine = new EngineStrategy(world);
        var well = setup.Before + TimeSpan.FromMinutes(setup.Scenario.WellFrom);
        var perMinute = new Dictionary<(string, int), int>();
        var refused = 0;
        foreach (var (name, provider) in world.Providers)
        {
            provider.Began += exchange =>
            {
                perMinute[(name, (int)world.Time.Elapsed.TotalMinutes)] = perMinute.GetValueOrDefault((name, (int)world.Time.Elapsed.TotalMinutes)) + 1;
                if (exchange.OverQuota && world.Time.Elapsed > well) refused++;
            };
        }

        world.Run(engine);
        Assert.True(engine.Deferred.Accepted > 5000);
        Assert.Equal(0, refused);
        // Never more at once than the account's limit was made for: one and a half times its busiest minute, in calls of the mean size.
        var normal = setup.Summary.Calls / setup.Length.TotalMinutes;
        Assert.All(perMinute, minute => Assert.InRange(minute.Value, 0, 5 * normal));
    }

    [Theory]
    [InlineData("2026-06-02T06:04:00Z", 176)]
    [InlineData("2026-06-02T09:00:00Z", null)]
    [InlineData("2026-06-02T16:59:00Z", null)]
    [InlineData("2026-06-02T17:00:00Z", 960)]
    [InlineData("2026-06-05T18:00:00Z", 3780)] // Friday
    public void PeopleWorkInOfficeHours(string now, int? minutes) =>
        Assert.Equal(minutes, DrillPeople.UntilOpen(DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture))?.TotalMinutes);

    [Fact]
    public void CommonQuestions_AreAskedOnlyWhereACacheIsDrilled_AndAreTheSameEachTime()
    {
        var without = DrillPlanner.Plan(new() { Scenario = RungsDrill.Scenario, Rate = 0.2 }, out _)!;
        Assert.All(without.Traffic.Calls(), call => Assert.Equal(call.Number, call.Question));
        var calls = RungsDrill.Setup(0.2).Traffic.Calls().ToList();
        var common = calls.Where(call => call.Question != call.Number).ToList();
        Assert.InRange(common.Count / (double)calls.Count, 0.15, 0.2);
        Assert.All(common.GroupBy(call => call.Question), same => Assert.Single(same.Select(call => (call.InputTokens, call.OutputTokens, call.Asked)).Distinct()));
        Assert.Null(ReportBuilder.Build(without, Drill.Run(without with { After = TimeSpan.Zero }, [])).Strategies[0].Rungs);
    }
}
