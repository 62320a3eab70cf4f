using Understudy.Drills.Providers;
using Understudy.Drills.Scenarios;
using Understudy.Drills.Strategies.Rivals;

namespace Understudy.Drills.Tests.Strategies;

public sealed class RivalTests
{
    [Fact]
    public void Names_AreThoseOfTheRivals()
    {
        var world = new Rehearsal(Rehearsal.Always("ok")).World;
        Assert.All(RivalCatalogue.Names, name => Assert.Equal(name, RivalCatalogue.Make(name, world).Name));
        Assert.Throws<ArgumentException>(() => RivalCatalogue.Make("understudy", world));
    }

    [Theory]
    [InlineData("naive")]
    [InlineData("try-except")]
    [InlineData("retry-5x1s")]
    [InlineData("exponential")]
    public void NoTimeout_HangsForEver(string name)
    {
        var (stage, rival) = Play(name, "hang");
        stage.Call(rival);
        stage.Pass(TimeSpan.FromDays(1));
        stage.World.Recorder.Close();
        Assert.Equal((1, 1), (stage.World.Recorder.Hanging, stage.World.Recorder.Attempts));
        Assert.Equal(1200, stage.World.Recorder.TokensWasted);
    }

    [Fact]
    public void FiveRetries_AreOneSecondApartAndGiveUp()
    {
        var (stage, rival) = Play("retry-5x1s", "http_529");
        var seen = stage.Watch("claude");
        stage.Call(rival);
        stage.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(6, seen.Count);
        Assert.All(Gaps(seen), gap => Assert.Equal(1, gap, 6));
        Assert.Equal(1, stage.World.Recorder.Failed);
        Assert.InRange(stage.World.Recorder.GaveUpAfter!.Value.TotalSeconds, 5, 12);
    }

    [Fact]
    public void Exponential_WaitsAsTenacityDoes()
    {
        var (stage, rival) = Play("exponential", "http_500");
        var seen = stage.Watch("claude");
        stage.Call(rival);
        stage.Pass(TimeSpan.FromMinutes(2));
        Assert.Equal([4, 4, 4, 8], Gaps(seen).Select(gap => Math.Round(gap, 6)));
        Assert.Equal(60, ExponentialRetry.WaitAfter(9).TotalSeconds);
    }

    [Fact]
    public void Sdk_GivesAHangTenMinutesThreeTimes()
    {
        var (stage, rival) = Play("sdk-defaults", "hang");
        var seen = stage.Watch("claude");
        stage.Call(rival);
        stage.Pass(TimeSpan.FromMinutes(31));
        Assert.Equal(3, seen.Count);
        Assert.InRange((seen[1].At - seen[0].At).TotalSeconds, 600.375, 600.5);
        Assert.InRange((seen[2].At - seen[1].At).TotalSeconds, 600.75, 601);
        Assert.Equal(1, stage.World.Recorder.Failed);
        Assert.Equal(0.5, SdkDefaults.WaitBefore(0).TotalSeconds);
        Assert.Equal(8, SdkDefaults.WaitBefore(7).TotalSeconds);
    }

    [Theory]
    [InlineData("http_400", 1)]
    [InlineData("http_401", 1)]
    [InlineData("http_529", 3)]
    [InlineData("http_429", 3)]
    [InlineData("conn_refused", 3)]
    public void Sdk_RetriesWhatItsListSays(string outcome, int attempts)
    {
        var (stage, rival) = Play("sdk-defaults", outcome);
        stage.Call(rival);
        stage.Pass(TimeSpan.FromMinutes(5));
        Assert.Equal(attempts, stage.World.Recorder.Attempts);
    }

    [Fact]
    public void Sdk_ObeysRetryAfter()
    {
        var (stage, rival) = Play("sdk-defaults", "http_429");
        var seen = stage.Watch("claude");
        stage.Call(rival);
        stage.Pass(TimeSpan.FromMinutes(5));
        Assert.All(Gaps(seen), gap => Assert.Equal(20, gap, 6));
    }

    [Fact]
    public void Breaker_OpensAfterFiveAndLetsOneTryAfterAMinute()
    {
        var (stage, rival) = Play("breaker-5-60", "http_500");
        for (var i = 0; i < 10; i++)
        {
            stage.Call(rival);
            stage.Pass(TimeSpan.FromSeconds(5));
        }

        Assert.Equal(5, stage.World.Recorder.Attempts);
        Assert.Equal([2], stage.World.Recorder.Changes.Select(change => change.State));
        Assert.Equal(10, stage.World.Recorder.Failed);
        stage.Pass(TimeSpan.FromSeconds(60));
        stage.Call(rival);
        stage.Pass(TimeSpan.FromSeconds(5));
        stage.Call(rival);
        stage.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(6, stage.World.Recorder.Attempts);
        Assert.Equal([2, 1, 2], stage.World.Recorder.Changes.Select(change => change.State));
    }

    [Fact]
    public void Breaker_IsClosedByASuccess()
    {
        var well = Rehearsal.OneMix(Mix.Well);
        var ill = new ScenarioPhase { Name = "ill", FromMinute = 0, ToMinute = 1, Start = new([(new(OutcomeKind.Status, 500), 1)]), End = Mix.Well, Moves = false, Evidence = "" };
        var stage = new Rehearsal(Rehearsal.Setup(well with { Phases = [ill, new() { Name = "well", FromMinute = 1, ToMinute = 60, Start = Mix.Well, End = Mix.Well, Moves = false, Evidence = "" }] }));
        var rival = RivalCatalogue.Make("breaker-5-60", stage.World);
        for (var i = 0; i < 5; i++)
        {
            stage.Call(rival);
            stage.Pass(TimeSpan.FromSeconds(5));
        }

        stage.Pass(TimeSpan.FromSeconds(70));
        stage.Call(rival);
        stage.Pass(TimeSpan.FromSeconds(60));
        Assert.Equal([2, 1, 0], stage.World.Recorder.Changes.Select(change => change.State));
        Assert.Equal(1, stage.World.Recorder.Answered);
    }

    [Fact]
    public void Sequential_AsksTheSickOneFirstEveryTime()
    {
        var (stage, rival) = Play("sequential-fallback", "hang");
        var claude = stage.Watch("claude");
        var openAI = stage.Watch("openai");
        for (var i = 0; i < 20; i++)
        {
            stage.Call(rival);
            stage.Pass(TimeSpan.FromMinutes(2));
        }

        Assert.Equal((20, 20), (claude.Count, openAI.Count));
        Assert.Equal(20, stage.World.Recorder.Answered);
        Assert.All(claude.Zip(openAI), pair => Assert.Equal(30, (pair.Second.At - pair.First.At).TotalSeconds, 6));
        Assert.Equal(1, stage.World.Recorder.Noticed);
    }

    [Fact]
    public void Cooldown_RestsForFiveSecondsAndComesBackUnproven()
    {
        var (stage, rival) = Play("gateway-cooldown", "http_500");
        var seen = stage.Watch("claude");
        for (var i = 0; i < 30; i++)
        {
            stage.Call(rival);
            stage.Pass(TimeSpan.FromSeconds(1));
        }

        stage.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(30, stage.World.Recorder.Answered);
        Assert.Contains(Gaps(seen), gap => gap > 4);
        Assert.InRange(seen.Count, 10, 60);
        Assert.Contains(stage.World.Recorder.Changes, change => change.State == 0);
    }

    [Fact]
    public void Cut_IsNotTriedAgainBehindTheUsersBack()
    {
        foreach (var name in RivalCatalogue.Names)
        {
            var (stage, rival) = Play(name, "stream_cut");
            stage.Call(rival);
            stage.Pass(TimeSpan.FromMinutes(5));
            Assert.Equal((1, 1), (stage.World.Recorder.Cut, stage.World.Recorder.Attempts));
        }
    }

    [Fact]
    public void Course_KnowsItsTimeouts()
    {
        var time = new VirtualTime();
        var provider = new ModelledProvider("it", Understudy.Calls.WireProtocol.OpenAIChat, time, (_, _) => default);
        var question = new Question { Model = "m", InputTokens = 10, OutputTokens = 3000, Stream = true, Seed = 3 };
        var ok = provider.Begin(question, Outcome.Ok);
        Assert.Equal((ok.First + ok.Length, true), End(Rival.CourseOf(ok, TimeSpan.FromSeconds(9))));
        Assert.True(ok.Length > TimeSpan.FromSeconds(9)); // a stream that moves has no total limit
        var whole = provider.Begin(question with { Stream = false }, Outcome.Ok);
        Assert.Equal((TimeSpan.FromSeconds(9), false), End(Rival.CourseOf(whole, TimeSpan.FromSeconds(9))));
        var stall = provider.Begin(question, new Outcome(OutcomeKind.StreamStall));
        var (after, reply) = Rival.CourseOf(stall, TimeSpan.FromSeconds(30));
        Assert.Equal(stall.BreaksAfter + TimeSpan.FromSeconds(30), after);
        Assert.True(reply is { Ok: false, Shown: true, TimedOut: true });

        static (TimeSpan, bool) End((TimeSpan After, Reply Reply) course) => (course.After, course.Reply.Ok);
    }

    private static (Rehearsal Stage, Rival Rival) Play(string name, string outcome)
    {
        var stage = new Rehearsal(Rehearsal.Always(outcome));
        return (stage, RivalCatalogue.Make(name, stage.World));
    }

    /// <summary>Seconds from the end of each request to the next.</summary>
    private static List<double> Gaps(List<(TimeSpan At, Exchange Exchange)> seen) =>
        [.. seen.Zip(seen.Skip(1), (one, next) => (next.At - one.At - one.Exchange.First).TotalSeconds)];
}
