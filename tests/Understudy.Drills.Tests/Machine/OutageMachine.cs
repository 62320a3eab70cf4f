namespace Understudy.Drills.Tests.Machine;

/// <summary>Runs stories, and tells of a broken one so that a person can read it and anybody can see it again.</summary>
internal static class OutageMachine
{
    /// <summary>The variable that names one story to run.</summary>
    public const string StoryVariable = "UNDERSTUDY_MACHINE_STORY";

    /// <summary>The variable that says for how many minutes fresh seeds are run.</summary>
    public const string MinutesVariable = "UNDERSTUDY_MACHINE_MINUTES";

    /// <summary>Runs one story.</summary>
    public static MachineResult Run(Story story, bool keepNotes = false) => Run(PlanMaker.Make(story), keepNotes);

    /// <summary>Runs a plan.</summary>
    public static MachineResult Run(MachinePlan plan, bool keepNotes = false)
    {
        // What a test framework hangs on its threads would send continuations elsewhere.
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return MachineWorld.Run(plan, keepNotes);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>The same failure with as little as it needs.</summary>
    public static Story Shrunk(Story story, Finding finding) =>
        new Shrinker(fewer => Run(fewer).Findings is [var first, ..] && first.Invariant == finding.Invariant).Shrink(story);

    /// <summary>A story with what happened in it.</summary>
    public static string Tell(Story story)
    {
        var plan = PlanMaker.Make(story);
        var result = Run(story, keepNotes: true);
        return $"""
            {string.Join('\n', result.Findings.Take(3).Select(finding => $"BROKEN: {finding.Invariant}: {finding.How}"))}
            see it again: {StoryVariable}='{story}' dotnet test/…/Understudy.Drills.Tests.dll -method '*.Story_IsTold'

            {Said.Of(plan)}

            {string.Join('\n', result.Notes.TakeLast(400))}
            """;
    }
}
