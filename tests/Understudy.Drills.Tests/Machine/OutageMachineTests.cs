using System.Globalization;
using System.Security.Cryptography;

namespace Understudy.Drills.Tests.Machine;

/// <summary>
/// Random outages, traffic, policies, operators and crashes against the real engine, the design's invariants checked on
/// every call. A failure prints a small story and the line that runs it again.
/// </summary>
public sealed class OutageMachineTests(ITestOutputHelper output)
{
    private const int FixedSeeds = 150;
    private const int FreshSeeds = 150;

    [Fact]
    public void FixedSeeds_KeepEveryPromise()
    {
        var failures = new Dictionary<string, string>();
        for (ulong seed = 1; seed <= FixedSeeds; seed++) Check(new(seed), failures);
        Assert.True(failures.Count == 0, string.Join("\n\n", failures.Values));
    }

    [Fact]
    public void FreshSeeds_KeepEveryPromise()
    {
        var first = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) >> 20;
        output.WriteLine($"fresh seeds from {first}");
        var minutes = double.TryParse(Environment.GetEnvironmentVariable(OutageMachine.MinutesVariable), CultureInfo.InvariantCulture, out var asked) ? asked : 0;
        var clock = TimeProvider.System;
        var began = clock.GetTimestamp();
        var seed = first;
        var failures = new Dictionary<string, string>();
        for (; seed < first + FreshSeeds || clock.GetElapsedTime(began).TotalMinutes < minutes; seed++) Check(new(seed), failures);
        output.WriteLine($"{seed - first} seeds in {clock.GetElapsedTime(began).TotalSeconds:0} s");
        Assert.True(failures.Count == 0, string.Join("\n\n", failures.Values));
    }

    [Fact]
    public void SameSeed_GivesTheSameRun()
    {
        for (ulong seed = 1; seed <= 40; seed++)
        {
            var (first, second) = (OutageMachine.Run(new Story(seed), keepNotes: true), OutageMachine.Run(new Story(seed), keepNotes: true));
            Assert.Equal(first.Notes, second.Notes);
            Assert.Equal(first.Digest, second.Digest);
        }
    }

    [Fact]
    public void Story_IsTold()
    {
        if (Environment.GetEnvironmentVariable(OutageMachine.StoryVariable) is not { Length: > 0 } line) return;
        var story = Story.Parse(line);
        output.WriteLine(OutageMachine.Tell(story));
        Assert.Empty(OutageMachine.Run(story).Findings);
    }

    [Fact]
    public void Story_IsReadAsItWasWritten()
    {
        const string Line = "7 wishes=3,9 outages=0 acts= crashes= plain=hedge,join";
        Assert.Equal(Line, Story.Parse(Line).ToString());
        Assert.Equal([3, 9], PlanMaker.Make(Story.Parse("1 wishes=3,9")).Wishes.Select(one => one.Number).Where(number => number is 3 or 9));
        Assert.Contains("'wish'", Assert.Throws<FormatException>(() => Story.Parse("7 wish=3")).Message, StringComparison.Ordinal);
    }

    /// <summary>Runs a story, and keeps the first that breaks each invariant.</summary>
    private static void Check(Story story, Dictionary<string, string> failures)
    {
        if (OutageMachine.Run(story).Findings is [var first, ..] && !failures.ContainsKey(first.Invariant)) failures.Add(first.Invariant, OutageMachine.Tell(OutageMachine.Shrunk(story, first)));
    }
}
