using Understudy.CircuitBreaker;
using Understudy.Drills.Providers;
using Understudy.Drills.Reading;
using Understudy.Drills.Scenarios;
using Understudy.Drills.Strategies;
using Understudy.Observation;

namespace Understudy.Drills.Tests.Strategies;

/// <summary>What must hold in every outage: the design's invariants, on every call of every scenario.</summary>
public sealed class InvariantTests
{
    public static TheoryData<string> All => [.. ScenarioCatalogue.All.Select(scenario => scenario.Id)];

    [Theory, MemberData(nameof(All))]
    public void Engine_KeepsItsPromisesOnEveryCall(string id)
    {
        var scenario = ScenarioCatalogue.Find(id)!;
        var setup = DrillPlanner.Plan(new() { Scenario = id, Rate = Math.Min(0.5, 3000 / (scenario.Minutes * 60)), Seed = 11 }, out _)!;
        var world = new DrillWorld(setup);
        var engine = new EngineStrategy(world);
        var ended = new HashSet<int>();
        foreach (var provider in world.Providers.Values) provider.Began += exchange => Assert.False(IsOpen(exchange), "an open breaker let a call through");
        engine.Ended += (call, record, client) =>
        {
            Assert.True(ended.Add(call.Plan.Number), "a call ended twice");
            Assert.NotEqual(CallOutcome.Running, record.Outcome);
            var useCase = setup.Policy.Routes[0].UseCase;
            Assert.InRange(record.Duration, TimeSpan.Zero, useCase.Deadline + TimeSpan.FromMilliseconds(1));
            Assert.InRange(record.Sent, 0, setup.Policy.Routes[0].MaxAttempts);
            Assert.True(client.Status > 0 || client.Aborted, "a client was told nothing");
            if (client.Status != 200) return;
            var whole = record.Outcome is CallOutcome.Answered or CallOutcome.Degraded;
            var read = AnswerReader.Read(record.Protocol, call.Plan.Stream, client.Bytes);
            Assert.True(read.Agrees(call, whole), $"call {call.Plan.Number}: {record.Outcome}, {read.Mistake ?? read.Text}");
        };
        world.Run(engine);

        var books = world.Recorder;
        Assert.Equal(books.Calls, ended.Count);
        Assert.Equal(0, books.Hanging);
        Assert.Equal(books.Calls, books.Answered + books.Degraded + books.Failed + books.Cut);
        // A call may go down its ladder once; what comes on top is held by the retry budget.
        var retries = (setup.Policy.Retry.BudgetRatio * books.Calls) + (setup.Policy.Retry.BudgetFloorPerSecond * setup.Length.TotalSeconds) + 1;
        Assert.InRange(books.Attempts, books.Calls - books.Failed, (books.Calls * setup.Asked[0].Ladder.Count) + retries + books.Probes);
        Assert.Equal(0, engine.ReadWrong);

        bool IsOpen(Exchange exchange) => engine.Engine.Targets.All.Any(state =>
            state.Target.Name == $"{exchange.Provider}/{exchange.Question.Model}" && state.Breaker is { State: BreakerState.Open, IsAiling: false });
    }

    [Fact]
    public void KilledProvider_GetsNothing()
    {
        var policy = DrillPlanner.DefaultPolicy() with { Kill = new Understudy.Configuration.KillSwitch(["claude"]) };
        var setup = DrillPlanner.Plan(new() { Scenario = "claude-2026-06-02", Policy = policy, Rate = 0.1 }, out _)!;
        var world = new DrillWorld(setup);
        var asked = 0;
        world.Providers["claude"].Began += _ => asked++;
        world.Run(new EngineStrategy(world));
        Assert.Equal(0, asked);
        Assert.Equal(world.Recorder.Calls, world.Recorder.Answered);
    }

    [Fact]
    public void SecondOfJune_CostsNoCallAndNextToNoMoney()
    {
        var setup = DrillPlanner.Plan(new() { Scenario = "claude-2026-06-02", Rate = 2 }, out _)!;
        var engine = Drill.Run(setup, [])[0].Recorder;
        Assert.Equal((0, 0), (engine.Failed, engine.Cut));
        Assert.InRange(engine.TokensWasted / (double)engine.TokensBilled, 0, 0.01);
    }

    [Fact]
    public void SecondOfJune_CostsItsRivalsDearly()
    {
        var setup = DrillPlanner.Plan(new() { Scenario = "claude-2026-06-02", Rate = 2 }, out _)!;
        var books = Drill.Run(setup, ["naive", "retry-5x1s", "sequential-fallback"]).ToDictionary(run => run.Strategy.Name, run => run.Recorder);
        Assert.InRange(books["naive"].Failed, books["naive"].Calls / 3, books["naive"].Calls);
        Assert.True(books["naive"].Hanging > 0);
        Assert.InRange(books["retry-5x1s"].GaveUpAfter!.Value.TotalSeconds, 5, 12);
        Assert.NotNull(books["retry-5x1s"].QuotaGone);
        Assert.Equal(0, books["sequential-fallback"].Failed);
        Assert.True(books["sequential-fallback"].Cut > 0);
        Assert.True(books["sequential-fallback"].Noticed > 5 * books["understudy"].Noticed);
    }

    [Fact]
    public void SameCallAndAttempt_MeetsTheSameFateUnderEveryStrategy()
    {
        var setup = DrillPlanner.Plan(new() { Scenario = "claude-2026-06-02", Rate = 0.3 }, out _)!;
        var fates = new List<Dictionary<int, Outcome>>();
        foreach (var make in (Func<DrillWorld, Strategy>[])[world => new EngineStrategy(world), world => new Drills.Strategies.Rivals.SequentialFallback(world)])
        {
            var world = new DrillWorld(setup);
            var first = new Dictionary<ulong, Outcome>();
            world.Providers["claude"].Began += exchange => first.TryAdd(exchange.Question.Seed, exchange.Outcome);
            world.Run(make(world));
            fates.Add(first.Select((fate, i) => (fate, i)).ToDictionary(pair => (int)(pair.fate.Key % int.MaxValue), pair => pair.fate.Value));
        }

        var shared = fates[0].Keys.Intersect(fates[1].Keys).ToList();
        Assert.True(shared.Count > 300, $"{shared.Count} of {fates[0].Count} and {fates[1].Count}");
        Assert.All(shared, seed => Assert.Equal(fates[1][seed], fates[0][seed]));
    }
}
