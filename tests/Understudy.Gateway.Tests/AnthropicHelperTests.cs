using Anthropic;
using Anthropic.Helpers.Beta;
using Anthropic.Models.Messages;
using Understudy.Gateway.Tests.Support;
using Understudy.Simulator;
using Understudy.Simulator.Faults;
using Beta = Anthropic.Models.Beta.Messages;

namespace Understudy.Gateway.Tests;

/// <summary>What Anthropic's library does beyond calls: it joins a stream to a message, and runs tools until the model is done.</summary>
public sealed class AnthropicHelperTests
{
    private const string CallTwo = "Please explain and call get_weather and get_tides for the harbour.";

    public static TheoryData<string, double?> Breaks
    {
        get
        {
            var cases = new TheoryData<string, double?> { { "status", null }, { "refuse", null } };
            foreach (var kind in (string[])["cut", "eof", "truncated_body", "error_event", "garbage"])
            {
                foreach (var fraction in (double[])[0, 0.2, 0.5, 0.75, 0.95]) cases.Add(kind, fraction);
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Breaks))]
    public async Task Aggregate_IsTheWholeMessage(string kind, double? fraction)
    {
        await using var stage = await GatewayStage.StartAsync();
        stage.Claude.Faults.Set(new FaultSpec { Kind = kind, Fraction = fraction });
        using var client = Sdk.AnthropicClient(stage.Url);

        var message = await client.Messages.CreateStreaming(
            new() { Model = Sdk.Claude, MaxTokens = 1024, Messages = [new UserMessageParam(GatewayStage.Prompt)] },
            TestContext.Current.CancellationToken).Aggregate();

        Assert.Equal(GatewayStage.Whole(), string.Concat(message.Content.Select(block => block.TryPickText(out var said) ? said.Text : "")));
        Assert.Equal("end_turn", message.StopReason?.Raw());
    }

    [Theory, MemberData(nameof(Breaks))]
    public async Task ToolRunner_RunsWholeCallsAndHearsTheWholeAnswer(string kind, double? fraction)
    {
        foreach (var streams in (bool[])[false, true])
        {
            await using var stage = await GatewayStage.StartAsync();
            stage.Claude.Faults.Set(new FaultSpec { Kind = kind, Fraction = fraction });
            using var client = Sdk.AnthropicClient(stage.Url);
            var ran = new List<string>();
            var runner = client.Beta.Messages.ToolRunner(
                new() { Model = Sdk.Claude, MaxTokens = 1024, Messages = [new Beta.BetaUserMessageParam(CallTwo)] },
                [Tool("get_weather", ran), Tool("get_tides", ran)]);

            Beta.BetaMessage? last = null;
            if (streams)
            {
                await foreach (var step in runner.Streaming(TestContext.Current.CancellationToken)) last = await step.Aggregate();
            }
            else
            {
                last = await runner.RunUntilDoneAsync(TestContext.Current.CancellationToken);
            }

            // Between two whole calls an answer may be ended: the runner runs the first, and the model goes on from there.
            Assert.Equal(((string[])["get_weather", "get_tides"])[..Math.Clamp(ran.Count, 1, 2)], ran);
            Assert.Equal(
                AnswerText.For(AnswerText.Prompt(CallTwo, ran.Select(name => "The answer of " + name)), 1),
                string.Concat(last!.Content.Select(block => block.TryPickText(out var said) ? said.Text : "")));
        }
    }

    private static BetaRunnableTool Tool(string name, List<string> ran) => new()
    {
        Name = name,
        Definition = new Beta.BetaTool
        {
            Name = name,
            InputSchema = new() { Properties = new Dictionary<string, System.Text.Json.JsonElement> { ["city"] = System.Text.Json.JsonSerializer.SerializeToElement(new { type = "string" }) }, Required = ["city"] },
        },
        Run = (call, _) =>
        {
            Assert.NotEmpty(call.Input["city"].GetString()!);
            ran.Add(name);
            return Task.FromResult<Beta.BetaToolResultBlockParamContent>("The answer of " + name);
        },
    };
}
