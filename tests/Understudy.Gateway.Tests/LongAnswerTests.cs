using Understudy.Gateway.Tests.Support;

namespace Understudy.Gateway.Tests;

/// <summary>A stutter that a client has seen is passed on, with the stop reason that tells it from a whole answer; one that it has not seen is asked anew.</summary>
public sealed class LongAnswerTests
{
    [Fact]
    public async Task StreamThatStutters_IsStoppedByItsLimit_AndSaysSo()
    {
        await using var stage = await GatewayStage.StartAsync();
        stage.Claude.Faults.Set("repeat_token", after: 3);
        var answer = await Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream: true);
        Assert.Equal("max_tokens", answer.StopReason);
        Assert.NotEqual(GatewayStage.Whole(), answer.Text);
        Assert.Equal(1, stage.Received);
    }

    [Fact]
    public async Task WholeAnswerThatStutters_IsAskedOfTheNext()
    {
        await using var stage = await GatewayStage.StartAsync();
        stage.Claude.Faults.Set("repeat_token", after: 3);
        var answer = await Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream: false);
        Assert.Equal(GatewayStage.Whole(), answer.Text);
        Assert.Equal("openai/gpt-4o", (await stage.OnlyRecordAsync()).ServedBy);
    }
}
