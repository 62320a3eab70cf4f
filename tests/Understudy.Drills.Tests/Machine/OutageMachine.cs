namespace Understudy.Drills.Tests.Machine;

/// <summary>Runs stories, and tells of a broken one so that a person can read it and anybody can see it again.</summary>
internal static class OutageMachine
{
    /// <summary>The variable that names one story to run.</summary>
    public const string StoryVariable = "UNDERSTUDY_MACHINE_STORY";

    /// <summary>The variable that says for how many minutes fresh seeds are run.</summary>
    public const string MinutesVariable = "UNDERSTUDY_MACHINE_MINUTES";

    /// <summary>Runs one story.</summary>
    public static MachineResult Run(Story story, bool keepNotes = false)
    {
        // What a test framework hangs on its threads would send continuations elsewhere.
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return MachineWorld.Run(PlanMaker.Make(story), keepNotes);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>Why a story fails, made small; null where it does not.</summary>
    public static string? WhyNot(Story story)
    {
        var result = Run(story);
        if (result.Findings is not [var first, ..]) return null;
        var small = new Shrinker(fewer => Run(fewer).Findings.Any(finding => finding.Invariant == first.Invariant)).Shrink(story);
        return Tell(small);
    }

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
