using System.Text;
using Understudy.Simulator.Scenarios;
using Understudy.Simulator.Tests.Support;

namespace Understudy.Simulator.Tests;

public sealed class ScenarioTests
{
    [Fact]
    public void EveryBuiltInScenario_CanBePlayed()
    {
        Assert.Contains("claude-2026-06-02", ScenarioScript.Ids);
        foreach (var id in ScenarioScript.Ids)
        {
            var script = ScenarioScript.BuiltIn(id);
            Assert.True(script.Duration > TimeSpan.Zero);
            Assert.NotEmpty(script.Title);
        }
    }

    [Fact]
    public void UnknownScenario_NamesTheNearest()
    {
        var mistake = Assert.Throws<ArgumentException>(() => ScenarioScript.BuiltIn("claude-2026-06-2"));

        Assert.Contains("\"claude-2026-06-02\"", mistake.Message);
    }

    [Fact]
    public void UnknownOutcome_IsRefusedWhenLoaded()
    {
        var mistake = Assert.Throws<ArgumentException>(() => Script("""{"http_500":0.5,"stream_cutt":0.5}"""));

        Assert.Contains("did you mean \"stream_cut\"", mistake.Message);
    }

    [Fact]
    public async Task Script_FollowsTheClockTimesTheFactor()
    {
        var time = new ManualTime();
        await using var client = await Client.AnthropicAsync(options =>
        {
            options.Time = time;
            options.Script = ScenarioScript.Load(new MemoryStream(Encoding.UTF8.GetBytes(
                """{"id":"x","phases":[{"name":"a","from_min":1,"to_min":2,"mix_start":{"http_529":1},"interp":"hold"},{"name":"b","from_min":2,"to_min":3,"mix_start":{"http_429":1},"interp":"hold"}]}""")));
            options.SpeedFactor = 60;
        });

        var statuses = new List<int>();
        for (var second = 0; second < 4; second++)
        {
            using var response = await client.MessagesAsync(Client.Message("Hi"));
            statuses.Add((int)response.StatusCode);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal([200, 529, 429, 200], statuses);
    }

    [Fact]
    public void LinearPhase_MovesFromItsStartToItsEnd()
    {
        var script = ScenarioScript.BuiltIn("claude-2026-06-02");

        Assert.Equal(1, script.MixAt(0, "claude-opus-4-6")["ok"], precision: 6);
        Assert.Equal(0.1, script.MixAt(6, "claude-opus-4-6")["http_500"], precision: 6);
        Assert.Equal(0.25, script.MixAt(100, "claude-opus-4-6")["hang"], precision: 6);
        Assert.Equal(1, script.MixAt(1000, "claude-opus-4-6")["ok"], precision: 6);
    }

    [Fact]
    public void SquareWave_FlipsWithinItsPeriod()
    {
        var script = ScenarioScript.BuiltIn("edge-shared-fate");
        var flapping = script.Phases.First(phase => phase.MixAt(phase.FromMinute, "m").GetValueOrDefault("http_500") > 0.8);

        Assert.Equal(0.03, flapping.MixAt(flapping.FromMinute + 6, "m")["http_500"]);
    }

    private static ScenarioScript Script(string mix) => ScenarioScript.Load(new MemoryStream(Encoding.UTF8.GetBytes(
        $$"""{"id":"x","phases":[{"name":"a","from_min":0,"to_min":1,"mix_start":{{mix}},"interp":"hold"}]}""")));
}
