using Understudy.Drills.Scenarios;
using Understudy.Drills.Strategies;

namespace Understudy.Drills.Tests.Strategies;

/// <summary>Answers that are not streamed show nothing before their end: a long one looks like a hang until then.</summary>
public sealed class WholeAnswerTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    public void LongAnswerThatIsWell_IsWaitedFor(int shortOnesBefore)
    {
        for (ulong seed = 1; seed <= 30; seed++)
        {
            var rehearsal = new Rehearsal(Rehearsal.Always("ok") with { Seed = seed });
            var engine = new EngineStrategy(rehearsal.World);
            var others = rehearsal.Watch("openai");
            for (var i = 0; i < shortOnesBefore; i++)
            {
                rehearsal.Call(engine, stream: i % 2 == 0);
                rehearsal.Pass(TimeSpan.FromSeconds(20));
            }

            var call = rehearsal.Call(engine, stream: false, output: 9_000);
            rehearsal.Pass(TimeSpan.FromMinutes(11));
            Assert.Equal(shortOnesBefore + 1, rehearsal.World.Recorder.Answered);
            Assert.Equal(1, call.Attempts);
            Assert.Empty(others);
        }
    }

    [Theory]
    [InlineData(0, 310)]
    [InlineData(50, 290)]
    public void Hang_LeavesTheNextTargetHalfOfTheDeadline(int shortOnesBefore, int seconds)
    {
        var scenario = Rehearsal.OneMix(Mix.Well) with
        {
            Phases =
            [
                new() { Name = "well", FromMinute = 0, ToMinute = 30, Start = Mix.Well, End = Mix.Well, Moves = false, Evidence = "assumed" },
                new() { Name = "hang", FromMinute = 30, ToMinute = 600, Start = Hang, End = Hang, Moves = false, Evidence = "assumed" },
            ],
        };
        var rehearsal = new Rehearsal(Rehearsal.Setup(scenario));
        var engine = new EngineStrategy(rehearsal.World);
        for (var i = 0; i < shortOnesBefore; i++)
        {
            rehearsal.Call(engine);
            rehearsal.Pass(TimeSpan.FromSeconds(20));
        }

        rehearsal.Pass(TimeSpan.FromMinutes(31) - rehearsal.World.Time.Elapsed);
        var began = rehearsal.World.Time.Elapsed;
        var others = rehearsal.Watch("openai");
        rehearsal.Call(engine, stream: false, output: 9_000);
        rehearsal.Pass(TimeSpan.FromMinutes(11));
        Assert.InRange((Assert.Single(others).At - began).TotalSeconds, 60, seconds);
        Assert.Equal(shortOnesBefore + 1, rehearsal.World.Recorder.Answered);
    }

    private static Mix Hang => new([(Outcome.Parse("hang"), 1)]);
}
