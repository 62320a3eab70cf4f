using Understudy.Configuration;

namespace Understudy.Tests.Pipeline;

/// <summary>An error only when all are gone: tries at one target never cost another its only one.</summary>
public sealed class LongLadderTests
{
    [Theory]
    [InlineData(3, "2 2 2")]
    [InlineData(4, "2 2 1 1")]
    [InlineData(5, "2 1 1 1 1")]
    [InlineData(6, "1 1 1 1 1 1")]
    public void EveryoneFails_EveryoneWasAskedWithinTheCallsAttempts(int targets, string attempts)
    {
        var stage = Ladder(targets);
        for (var i = 0; i < targets; i++) stage.Script($"p{i}/m", new Reply(503, [""]));

        stage.Call(model: "m");

        Assert.Equal(attempts, string.Join(' ', Enumerable.Range(0, targets).Select(i => stage.Received.Count(call => call.Target == $"p{i}/m"))));
    }

    [Fact]
    public void KilledTargets_AreNotSavedFor()
    {
        var stage = Ladder(6, kill: ["p2", "p3", "p4"]);
        for (var i = 0; i < 6; i++) stage.Script($"p{i}/m", new Reply(503, [""]));

        stage.Call(model: "m");

        Assert.Equal(["p0/m", "p0/m", "p1/m", "p1/m", "p5/m", "p5/m"], stage.Received.Select(call => call.Target));
    }

    private static Stage Ladder(int targets, string[]? kill = null)
    {
        var providers = Enumerable.Range(0, targets).Select(i => new ProviderModel { Name = $"p{i}", Protocol = Calls.WireProtocol.AnthropicMessages, BaseUrl = new($"http://p{i}.test") }).ToArray();
        return new(policy => policy with
        {
            Providers = providers,
            Routes = [Stage.Route([.. providers.Select(provider => (provider, (string?)null))])],
            Kill = kill is null ? policy.Kill : new(kill),
        });
    }
}
