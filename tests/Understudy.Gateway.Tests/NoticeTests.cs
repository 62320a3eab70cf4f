using Anthropic;
using Anthropic.Models.Messages;
using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;
using Understudy.Observation;

namespace Understudy.Gateway.Tests;

/// <summary>The honest word when every provider is dead, as the vendors' own libraries take it.</summary>
public sealed class NoticeTests
{
    private const string Text = "Our assistant is resting; a person will read your question.";

    private static Task<GatewayStage> DeadAsync(NoticeRung? notice = null) => GatewayStage.StartAsync(change: (policy, stage) =>
    {
        stage.FailAll("status");
        return policy with { Routes = [.. policy.Routes.Select(route => route with { Ladder = [.. route.Ladder, notice ?? new() { Words = new() { Text = Text, Languages = new Dictionary<string, string> { ["de"] = "Unser Assistent ruht sich aus." } }, Degraded = true }] })] };
    });

    [Theory]
    [InlineData(Vendor.Anthropic, true)]
    [InlineData(Vendor.Anthropic, false)]
    [InlineData(Vendor.OpenAI, true)]
    [InlineData(Vendor.OpenAI, false)]
    public async Task EveryProviderDead_TheSdkGetsAWholeAnswer(Vendor vendor, bool stream)
    {
        await using var stage = await DeadAsync();
        var answer = await Sdk.AskAsync(vendor, stage.Url, stream);
        Assert.Equal(Text, answer.Text);
        Assert.Equal(vendor == Vendor.Anthropic ? "end_turn" : "Stop", answer.StopReason);
        var record = await stage.OnlyRecordAsync();
        Assert.Equal((CallOutcome.Degraded, "notice"), (record.Outcome, record.ServedBy));
    }

    [Theory]
    [InlineData("/v1/messages", "")]
    [InlineData("/v1/chat/completions", "")]
    [InlineData("/v1/responses", "")]
    [InlineData("/v1beta/models/claude-x:generateContent", "")]
    [InlineData("/v1beta/models/claude-x:streamGenerateContent?alt=sse", "")]
    [InlineData("/v1/messages", "accept-language: de-AT,de;q=0.9,en;q=0.5\r\n")]
    [InlineData("/v1/messages", "x-understudy-language: de\r\naccept-language: en\r\n")]
    public async Task Headers_SayWhatItIs(string path, string more)
    {
        await using var stage = await DeadAsync();
        var body = path.Contains("v1beta", StringComparison.Ordinal) ? """{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}"""
            : path == "/v1/responses" ? """{"model":"claude-x","input":"Hi"}"""
            : """{"model":"claude-x","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}""";
        var response = await RawClient.PostAsync(stage.Url, path, body, more);
        Assert.Equal((200, "notice", "true"), (response.Status, response["x-understudy-served-by"], response["x-understudy-degraded"]));
        Assert.NotEqual("0", response["x-understudy-attempts"]);
        Assert.Contains(more.Length > 0 ? "Unser Assistent" : "Our assistant", response.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"claude-x","messages":[{"role":"user","content":"Hi"}],"response_format":{"type":"json_object"}}""", 503)]
    [InlineData("/v1/messages", """{"model":"claude-x","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"tools":[{"name":"t","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"}}""", 529)]
    public async Task ProgramsThatReadNoProse_GetTheirProtocolsError(string path, string body, int status)
    {
        await using var stage = await DeadAsync();
        var response = await RawClient.PostAsync(stage.Url, path, body);
        Assert.Equal((status, "false"), (response.Status, response["x-should-retry"]));
        Assert.NotNull(response["retry-after"]);
        Assert.NotNull(response.Json["error"]);
    }

    [Fact]
    public async Task CountTokens_IsEstimated_AndNoNotice()
    {
        await using var stage = await DeadAsync();
        var response = await RawClient.PostAsync(stage.Url, "/v1/messages/count_tokens", """{"model":"claude-x","messages":[{"role":"user","content":"Hi"}]}""");
        Assert.Equal((200, "estimate"), (response.Status, response["x-understudy-served-by"]));
    }

    [Fact]
    public async Task ConversationOfAnSdk_GoesOnWithoutTheNotice()
    {
        await using var stage = await DeadAsync();
        using var client = new AnthropicClient { ApiKey = "sk-of-a-client", BaseUrl = stage.Url.ToString().TrimEnd('/') };
        var question = new MessageCreateParams { Model = Sdk.Claude, MaxTokens = 100, Messages = [new UserMessageParam("First.")] };
        var notice = await client.Messages.Create(question, TestContext.Current.CancellationToken);
        foreach (var provider in stage.Providers) provider.Faults.Clear();
        var said = string.Concat(notice.Content.Select(block => block.TryPickText(out var text) ? text.Text : ""));
        Assert.Equal(Text, said);

        await client.Messages.Create(question with { Messages = [new UserMessageParam("First."), new AssistantMessageParam(said), new UserMessageParam("Second.")] }, TestContext.Current.CancellationToken);
        var received = System.Text.Encoding.UTF8.GetString(stage.Claude.Stats.Requests[^1].Body.Span);
        Assert.Contains("Second.", received, StringComparison.Ordinal);
        Assert.DoesNotContain("resting", received, StringComparison.Ordinal);
        Assert.DoesNotContain("assistant", received, StringComparison.Ordinal);
    }
}
