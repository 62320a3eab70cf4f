using System.Text.Json;
using Understudy.Drills.Scenarios;

namespace Understudy.Drills.Tests.Scenarios;

public sealed class ScenarioTests
{
    public static TheoryData<string> All => [.. ScenarioCatalogue.All.Select(scenario => scenario.Id)];

    [Fact]
    public void Catalogue_HasAllThirteen()
    {
        Assert.Equal(13, ScenarioCatalogue.All.Count);
        Assert.Equal(345, ScenarioCatalogue.Find("CLAUDE-2026-06-02")!.Minutes);
        Assert.Null(ScenarioCatalogue.Find("claude"));
    }

    [Theory, MemberData(nameof(All))]
    public void EveryMoment_HasAMixThatSumsToOne(string id)
    {
        var scenario = ScenarioCatalogue.Find(id)!;
        for (var step = 0; step < 400; step++)
        {
            var minute = scenario.Minutes * step / 400;
            foreach (var model in (string[])["claude-opus-4-6", "claude-sonnet-4-6", "gpt-5"])
            {
                var mix = scenario.PhaseAt(minute)!.MixAt(minute, model);
                Assert.Equal(1, mix.Shares.Sum(share => share.Share), 9);
                Assert.All(mix.Shares, share => Assert.InRange(share.Share, 0, 1));
            }
        }

        Assert.Null(scenario.PhaseAt(-1));
        Assert.Null(scenario.PhaseAt(scenario.Minutes));
    }

    [Theory, MemberData(nameof(All))]
    public void DrawnOutcomes_HaveTheSharesOfTheMix(string id)
    {
        var scenario = ScenarioCatalogue.Find(id)!;
        var chance = new Chance(3);
        foreach (var phase in scenario.Phases)
        {
            var minute = (phase.FromMinute + phase.ToMinute) / 2;
            var counts = new Dictionary<Outcome, int>();
            for (var i = 0; i < 4000; i++)
            {
                var outcome = phase.OutcomeAt(minute, "opus", recovered: null, chance.NextDouble());
                counts[outcome] = counts.GetValueOrDefault(outcome) + 1;
            }

            var mix = phase.MixAt(minute, "opus");
            Assert.All(counts.Keys, outcome => Assert.True(mix.Of(outcome) > 0));
            Assert.All(mix.Shares, share => Assert.InRange(counts.GetValueOrDefault(share.Outcome) / 4000.0, share.Share - 0.04, share.Share + 0.04));
        }
    }

    [Fact]
    public void LinearPhase_IsHalfwayInItsMiddle()
    {
        var ramp = ScenarioCatalogue.Find("claude-2026-06-02")!.Phases[0];
        var mix = ramp.MixAt(6, "opus");
        Assert.Equal(0.725, mix.Of(Outcome.Ok), 9);
        Assert.Equal(0.075, mix.Of(new(OutcomeKind.Hang)), 9);
        Assert.Equal(0.1, mix.Of(new(OutcomeKind.Status, 529)), 9);
    }

    [Fact]
    public void SquareWave_IsBadInItsFirstHalf()
    {
        var phase = ScenarioCatalogue.Find("edge-shared-fate")!.Phases[0];
        Assert.Equal(0.1, phase.MixAt(4.9, "gpt-5").Good, 9);
        Assert.Equal(0.97, phase.MixAt(5, "gpt-5").Good, 9);
        Assert.Equal(0.1, phase.MixAt(10, "gpt-5").Good, 9);
    }

    [Fact]
    public void Model_CanHaveAMixOfItsOwn()
    {
        var phase = ScenarioCatalogue.Find("sibling-stampede")!.Phases[0];
        Assert.Equal(0.2, phase.MixAt(1, "claude-opus-4-6").Good, 9);
        Assert.Equal(1, phase.MixAt(1, "claude-sonnet-4-6").Good, 9);
        Assert.Equal(0.6, phase.MixAt(1, "claude-haiku-4-5").Good, 9);
    }

    [Fact]
    public void Extras_AreRead()
    {
        var cuts = ScenarioCatalogue.Find("midstream-cuts")!;
        Assert.True(cuts.StreamsOnly);
        Assert.Equal((0.05, 0.9), cuts.BreakAt);
        Assert.Equal((59, 138), cuts.Silence);
        Assert.Equal(0.7, cuts.ResumeShare);
        Assert.Equal(8, ScenarioCatalogue.Find("openai-2025-06-10-brownout")!.SlowFactor);
        Assert.Equal(10, ScenarioCatalogue.Find("openai-2026-06-03-false-429")!.SlowFactor);
        Assert.Equal(30, ScenarioCatalogue.Find("openai-2024-12-04-stall30")!.Stall.TotalSeconds);
        Assert.True(ScenarioCatalogue.Find("quality-2025-08")!.Sticky);
        Assert.Equal(new(null, 0.1, 1, new(OutcomeKind.Status, 503), StampedeSlowsIt: true), ScenarioCatalogue.Find("gcp-2025-06-12-herd")!.Phases[2].Capacity);
        Assert.Equal(new("sonnet", 1.2, 1.2, new(OutcomeKind.Status, 529), StampedeSlowsIt: false), ScenarioCatalogue.Find("sibling-stampede")!.Phases[1].Capacity);
    }

    [Fact]
    public void WellFrom_IsWhereTheLastLineCrossesNineteenOfTwenty()
    {
        Assert.Equal(278 + (67 * 3 / 7.0), ScenarioCatalogue.Find("claude-2026-06-02")!.WellFrom, 6);
        Assert.Equal(38, ScenarioCatalogue.Find("openrouter-2026-02-17-lying-401")!.WellFrom);
    }

    [Theory]
    [InlineData("""{"ok":0.5,"http_500":0.4}""", "sum to 1")]
    [InlineData("""{"ok":0.5,"explode":0.5}""", "there is no outcome 'explode'")]
    [InlineData("""{"ok":0.5,"http_99":0.5}""", "there is no outcome 'http_99'")]
    public void WrongMix_IsRefusedByName(string mix, string why)
    {
        var file = JsonDocument.Parse($$$"""{"scenarios":[{"id":"mine","title":"","why":"","provider":"any","scope":{},"phases":[{"name":"a","from_min":0,"to_min":1,"mix_start":{{{mix}}},"interp":"hold","evidence":"assumed"}]}]}""");
        var wrong = Assert.Throws<FormatException>(() => ScenarioCatalogue.Read(file.RootElement));
        Assert.Contains("scenario 'mine'", wrong.Message, StringComparison.Ordinal);
        Assert.Contains(why, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gap_IsRefused()
    {
        var file = JsonDocument.Parse("""{"scenarios":[{"id":"mine","title":"","why":"","provider":"any","scope":{},"phases":[{"name":"a","from_min":0,"to_min":1,"mix_start":{"ok":1},"interp":"hold","evidence":""},{"name":"b","from_min":2,"to_min":3,"mix_start":{"ok":1},"interp":"hold","evidence":""}]}]}""");
        Assert.Contains("phase 'b'", Assert.Throws<FormatException>(() => ScenarioCatalogue.Read(file.RootElement)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_IsTheSimulators()
    {
        using var reader = new StreamReader(typeof(ScenarioCatalogue).Assembly.GetManifestResourceStream("scenarios.json")!);
        Assert.Equal(File.ReadAllText(Path.Combine(Rehearsal.Root, "src/Understudy.Simulator/Scenarios/scenarios.json")), reader.ReadToEnd());
    }
}
