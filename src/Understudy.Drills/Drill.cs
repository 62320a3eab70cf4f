using Understudy.Drills.Measuring;
using Understudy.Drills.Strategies;
using Understudy.Drills.Strategies.Rivals;

namespace Understudy.Drills;

/// <summary>One strategy's run through a drill.</summary>
/// <param name="Strategy">The strategy.</param>
/// <param name="World">The world it lived in, with the books.</param>
public sealed record DrillRun(Strategy Strategy, DrillWorld World)
{
    /// <summary>The books.</summary>
    public Recorder Recorder => World.Recorder;
}

/// <summary>Runs drills: the engine first, then each rival, each in a world of its own that begins alike.</summary>
public static class Drill
{
    /// <summary>Runs a drill.</summary>
    /// <param name="setup">The drill.</param>
    /// <param name="against">The rivals' names.</param>
    /// <param name="progress">Told of each strategy before it begins; null for nobody.</param>
    public static IReadOnlyList<DrillRun> Run(DrillSetup setup, IReadOnlyList<string> against, Action<string>? progress = null)
    {
        var runs = new List<DrillRun> { RunOne(setup, "understudy", world => new EngineStrategy(world), progress) };
        foreach (var rival in against) runs.Add(RunOne(setup, rival, world => RivalCatalogue.Make(rival, world), progress));
        return runs;
    }

    private static DrillRun RunOne(DrillSetup setup, string name, Func<DrillWorld, Strategy> make, Action<string>? progress)
    {
        progress?.Invoke(name);
        var world = new DrillWorld(setup);
        var strategy = make(world);
        world.Run(strategy);
        return new(strategy, world);
    }
}
