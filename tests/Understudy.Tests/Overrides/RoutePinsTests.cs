using Understudy.Configuration;
using Understudy.Overrides;
using Understudy.Tests.Pipeline;

namespace Understudy.Tests.Overrides;

/// <summary>A pinned route in virtual time: whom its calls go to, and until when.</summary>
public sealed class RoutePinsTests
{
    private const string Claude = "claude/claude-sonnet-4-5";

    private static Stage Two(Func<Policy, Policy>? change = null)
    {
        var stage = new Stage(change);
        stage.Script(Claude, Reply.Say("Claude."));
        stage.Script("openai/gpt-5", Chat.Say("GPT."));
        return stage;
    }

    private static Pin To(Stage stage, string target, int minutes = 60, string route = "test") => new()
    {
        Route = route,
        Target = target,
        At = stage.Time.GetUtcNow(),
        Who = "rosa",
        Why = "claude talks nonsense",
        Until = stage.Time.GetUtcNow() + TimeSpan.FromMinutes(minutes),
    };

    [Fact]
    public void APinnedTarget_IsAskedFirst_UntilItsTimeIsUp()
    {
        var stage = Two();
        stage.Engine.Pins.PinAsync(To(stage, "openai/gpt-5"));
        Assert.Equal("openai/gpt-5", stage.Call().Head.ServedBy);
        stage.Time.Advance(TimeSpan.FromMinutes(61));
        Assert.Equal(Claude, stage.Call().Head.ServedBy);
        Assert.Empty(stage.Engine.Pins.InForce);
        Assert.Contains(stage.Journal.Recent, happening => happening is { Kind: "revive" } && happening.Text.Contains("the time of its pin", StringComparison.Ordinal));
        Assert.Equal([1, 0], stage.Records.Select(record => record.Attempts[0].Rung)); // the ladder's own numbers
    }

    [Fact]
    public void WhereThePinnedTargetFails_TheOthersServe_AndItIsNotAskedTwice()
    {
        var stage = Two();
        stage.Script("openai/gpt-5", Reply.NoConnection);
        stage.Engine.Pins.PinAsync(To(stage, "openai/gpt-5"));
        Assert.Equal(Claude, stage.Call().Head.ServedBy);
        Assert.Equal(["openai/gpt-5", "openai/gpt-5", Claude], stage.Received.Select(received => received.Target)); // tried twice, as any target
    }

    [Fact]
    public void AKill_StandsAboveAPin()
    {
        var stage = Two();
        stage.Engine.Pins.PinAsync(To(stage, "openai/gpt-5"));
        stage.Engine.Overrides.OrderAsync(new() { What = "openai", Kind = OverrideKind.Kill, At = stage.Time.GetUtcNow(), Who = "ben", Why = "keys leaked" });
        Assert.Equal(Claude, stage.Call().Head.ServedBy);
        Assert.DoesNotContain(stage.Received, received => received.Target == "openai/gpt-5");
    }

    [Fact]
    public void OneOfSeveralOnARung_ComesFirst_AndTheRestStays()
    {
        var stage = Two(policy => policy with
        {
            Routes =
            [
                Stage.Route((Stage.Spare, "dear")) with
                {
                    Ladder =
                    [
                        new TargetRung { Targets = [new() { Provider = Stage.Claude }, new() { Provider = Stage.Spare, Model = "dear", Weight = 3 }], Pick = PickRule.InOrder },
                        new TargetRung { Targets = [new() { Provider = Stage.OpenAI, Model = "gpt-5" }], Degraded = true },
                    ],
                },
            ],
        });
        stage.Script("spare/dear", Reply.Say("Dear."));
        stage.Engine.Pins.PinAsync(To(stage, "spare/dear"));
        Assert.Equal("spare/dear", stage.Call().Head.ServedBy);
        stage.Script("spare/dear", Reply.NoConnection);
        Assert.Equal(Claude, stage.Call().Head.ServedBy);
        stage.Engine.Pins.PinAsync(To(stage, "openai/gpt-5"));
        var degraded = stage.Call();
        Assert.Equal(("openai/gpt-5", true), (degraded.Head.ServedBy, degraded.Head.Degraded));
    }

    [Fact]
    public void OtherRoutes_AndTargetsThatAreGone_AreLeftAlone()
    {
        var stage = Two();
        stage.Engine.Pins.PinAsync(To(stage, "openai/gpt-5", route: "another"));
        stage.Engine.Pins.PinAsync(To(stage, "openai/gpt-4"));
        Assert.Equal(Claude, stage.Call().Head.ServedBy);
    }

    [Fact]
    public async Task Revived_ItIsOver_AndAllEndsEvery()
    {
        var stage = Two();
        await stage.Engine.Pins.PinAsync(To(stage, "openai/gpt-5"));
        await stage.Engine.Pins.PinAsync(To(stage, "x/y", route: "another"));
        Assert.Equal((1, null), await stage.Engine.Pins.ReviveAsync("TEST", "rosa", "well again"));
        Assert.Equal(Claude, stage.Call().Head.ServedBy);
        Assert.Equal(1, (await stage.Engine.Pins.ReviveAsync("all", "rosa", "over")).Ended);
        Assert.Equal(0, (await stage.Engine.Pins.ReviveAsync("all", "rosa", "over")).Ended);
    }
}
