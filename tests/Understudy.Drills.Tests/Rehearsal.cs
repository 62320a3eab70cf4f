using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Drills.Providers;
using Understudy.Drills.Scenarios;
using Understudy.Drills.Strategies;
using Understudy.Drills.Traffic;

namespace Understudy.Drills.Tests;

/// <summary>A small world for one strategy: an outage of the test's own making, and calls one by one.</summary>
internal sealed class Rehearsal
{
    private int _calls;

    public Rehearsal(DrillSetup setup) => World = new(setup);

    public DrillWorld World { get; }

    /// <summary>Where the root of the repository is.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A setup in which the primary does one thing only, from the first moment.</summary>
    public static DrillSetup Always(string outcome, string model = "claude-opus-4-6", string? sick = null, Func<Policy, Policy>? change = null) =>
        Setup(OneMix(new Mix([(Outcome.Parse(outcome), 1)])), model, sick, change);

    public static DrillSetup Setup(Scenario scenario, string model = "claude-opus-4-6", string? sick = null, Func<Policy, Policy>? change = null)
    {
        var policy = DrillPlanner.DefaultPolicy();
        var planned = DrillPlanner.Plan(new() { Scenario = "claude-2026-06-02", Policy = change?.Invoke(policy) ?? policy, Rate = 0.01 }, out _)!;
        var asked = DrillPlanner.Resolve(planned.Policy, model)!;
        var source = new PoissonTraffic();
        return planned with
        {
            Scenario = scenario,
            Sick = [sick ?? asked.Ladder[0].Provider],
            Asked = [asked],
            Before = TimeSpan.Zero,
            After = TimeSpan.Zero,
            QuotaPerMinute = 100_000_000,
        };
    }

    public static Scenario OneMix(Mix mix, double minutes = 600) => new()
    {
        Id = "test",
        Title = "A test",
        Why = "to see",
        Provider = "any",
        Phases = [new() { Name = "all", FromMinute = 0, ToMinute = minutes, Start = mix, End = mix, Moves = false, Evidence = "assumed" }],
    };

    /// <summary>One call, now.</summary>
    public DrillCall Call(Strategy strategy, bool stream = true, int output = 200)
    {
        var call = new DrillCall(new(_calls++, World.Time.Elapsed, 1000, output, stream, 0, 0), World.Setup.Seed);
        World.Recorder.Begin(call);
        strategy.Begin(call);
        return call;
    }

    /// <summary>Lets time pass.</summary>
    public void Pass(TimeSpan span) => World.Time.Advance(span);

    /// <summary>What the provider of that name is asked, and when.</summary>
    public List<(TimeSpan At, Exchange Exchange)> Watch(string provider)
    {
        var seen = new List<(TimeSpan, Exchange)>();
        World.Providers[provider].Began += exchange => seen.Add((World.Time.Elapsed, exchange));
        return seen;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Understudy.slnx"))) return folder.FullName;
        }

        throw new InvalidOperationException("These tests read the repository: they must run from inside it.");
    }
}
