using Understudy.CircuitBreaker;
using Understudy.Configuration;

namespace Understudy.Tests.Pipeline;

/// <summary>A target of whose calls too many fail and most go well: left for one that is well, and asked by those who have no other.</summary>
public sealed class AilingTests
{
    private const string Claude = "claude/claude-sonnet-4-5";
    private const string OpenAI = "openai/gpt-5";

    [Fact]
    public void WellTargetBelow_ServesAlone()
    {
        var stage = Ailing((Stage.Claude, null), (Stage.OpenAI, "gpt-5"));
        stage.Script(Claude, Reply.Say("From Claude."));
        stage.Script(OpenAI, Chat.Say("From OpenAI."));
        Assert.Equal("From OpenAI.", stage.Call().Text);
        Assert.Single(stage.Received);
    }

    [Fact]
    public void WellTargetFails_TheAilingOneIsAskedAfterAll()
    {
        var stage = Ailing((Stage.Claude, null), (Stage.OpenAI, "gpt-5"));
        stage.Script(Claude, Reply.Say("From Claude."));
        stage.Script(OpenAI, Reply.Error(500, "server_error"));
        Assert.Equal("From Claude.", stage.Call().Text);
        Assert.Equal(OpenAI, stage.Received[0].Target);
        Assert.Equal(Claude, stage.Received[^1].Target);
    }

    [Fact]
    public void NobodyElse_EveryCallPasses()
    {
        var stage = Ailing((Stage.Claude, null));
        stage.Script(Claude, Reply.Say("From Claude."));
        for (var call = 0; call < 20; call++) Assert.Equal("From Claude.", stage.Call().Text);
    }

    [Fact]
    public void OnlyLessBelow_TheAilingOneServes()
    {
        var stage = Ailing(policy => policy with { Routes = [policy.Routes[0] with { Ladder = [policy.Routes[0].Ladder[0], (TargetRung)policy.Routes[0].Ladder[1] with { Degraded = true }] }] }, (Stage.Claude, null), (Stage.OpenAI, "gpt-5"));
        stage.Script(Claude, Reply.Say("From Claude."));
        stage.Script(OpenAI, Chat.Say("From OpenAI."));
        Assert.Equal("From Claude.", stage.Call().Text);
        Assert.Single(stage.Received);
    }

    [Fact]
    public void AllAiling_TheLadderIsWalkedAsEver()
    {
        var stage = Ailing((Stage.Claude, null), (Stage.OpenAI, "gpt-5"));
        Sicken(stage, OpenAI);
        stage.Script(Claude, Reply.Error(500, "api_error"));
        stage.Script(OpenAI, Chat.Say("From OpenAI."));
        Assert.Equal("From OpenAI.", stage.Call().Text);
        Assert.Equal(Claude, stage.Received[0].Target);
    }

    [Fact]
    public void OnItsWayBack_ItGetsItsShareBesideTheWellOne()
    {
        var stage = Ailing((Stage.Claude, null), (Stage.OpenAI, "gpt-5"));
        stage.Script(Claude, body => body.Contains("Tell me.", StringComparison.Ordinal) ? Reply.Say("From Claude.") : Reply.Json(Anthropic.Message));
        stage.Script(OpenAI, Chat.Say("From OpenAI."));
        var breaker = stage.Engine.Targets.All.Single(state => state.Target.Name == Claude).Breaker;
        while (breaker.State == BreakerState.Open) Assert.True(stage.Time.RunNext());
        for (var call = 0; call < 100; call++) stage.Call();
        Assert.InRange(stage.Received.Count(call => call.Target == Claude && call.Body.Contains("Tell me.", StringComparison.Ordinal)), 1, 3);
        stage.Received.Clear();
        for (var minute = 0; minute < 10; minute++)
        {
            for (var call = 0; call < 100; call++) stage.Call();
            stage.Time.Advance(TimeSpan.FromSeconds(20));
        }

        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    private static Stage Ailing(params (ProviderModel, string?)[] ladder) => Ailing(policy => policy, ladder);

    private static Stage Ailing(Func<Policy, Policy> change, params (ProviderModel, string?)[] ladder)
    {
        var stage = new Stage(policy => change(policy with { Routes = [Stage.Route(ladder)] }));
        Sicken(stage, Claude);
        return stage;
    }

    private static void Sicken(Stage stage, string target)
    {
        var (provider, model) = (target.Split('/')[0] == "claude" ? Stage.Claude : Stage.OpenAI, target.Split('/')[1]);
        var breaker = stage.Engine.Targets.Of(new(provider, model), stage.Engine.Model.Policy.Breaker).Breaker;
        for (var call = 0; !breaker.IsAiling; call++)
        {
            Assert.True(breaker.TryAcquire(out var permit));
            breaker.Report(permit, call % 4 == 3 ? BreakerVerdict.Failure : BreakerVerdict.Success, Understudy.Failures.FailureKind.ProviderError);
        }
    }
}
