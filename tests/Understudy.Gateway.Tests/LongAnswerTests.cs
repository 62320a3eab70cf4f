using Understudy.Gateway.Tests.Support;

namespace Understudy.Gateway.Tests;

/// <summary>What a model says is the model's: a stutter is passed on, with the stop reason that tells it from a whole answer.</summary>
public sealed class LongAnswerTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ModelThatStutters_IsStoppedByItsLimit_AndSaysSo(bool stream)
    {
        await using var stage = await GatewayStage.StartAsync();
        stage.Claude.Faults.Set("repeat_token", after: 3);
        var answer = await Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream);
        Assert.Equal("max_tokens", answer.StopReason);
        Assert.NotEqual(GatewayStage.Whole(), answer.Text);
        Assert.Equal(1, stage.Received);
    }
}
