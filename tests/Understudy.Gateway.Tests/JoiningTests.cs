using System.Net.Http.Headers;
using System.Text.Json;
using Anthropic;
using Anthropic.Models.Messages;
using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;
using Understudy.Observation;

namespace Understudy.Gateway.Tests;

/// <summary>A client that gives up and comes back, with real sockets and a vendor's own library: the provider is asked once.</summary>
public sealed class JoiningTests
{
    private const string Streamed = """{"model":"claude-sonnet-4-5","max_tokens":500,"stream":true,"messages":[{"role":"user","content":"Why does the curtain rise again?"}]}""";
    private const string NotStreamed = """{"model":"claude-sonnet-4-5","max_tokens":500,"messages":[{"role":"user","content":"Why does the curtain rise again?"}]}""";

    [Fact]
    public async Task SdkTimesOutAndRetriesByItself_OneCallOfTheProvider_AndTheWholeAnswer()
    {
        await using var stage = await StartAsync();
        using var hold = stage.Claude.Gate.HoldNextCall();
        using var client = new AnthropicClient
        {
            ApiKey = "sk-of-a-client",
            BaseUrl = stage.Url.ToString().TrimEnd('/'),
            Timeout = TimeSpan.FromSeconds(1),
            MaxRetries = 10,
        };
        var asking = client.Messages.Create(
            new() { Model = Sdk.Claude, MaxTokens = 1024, Messages = [new UserMessageParam(GatewayStage.Prompt)] },
            TestContext.Current.CancellationToken);
        await hold.Reached;
        await stage.WaitUntilAsync(stage => stage.Records.Count(record => record.JoinedTo is not null) >= 1); // a retry has come, and given up too
        hold.Release();

        var text = string.Concat((await asking).Content.Select(block => block.TryPickText(out var said) ? said.Text : ""));
        Assert.Equal(GatewayStage.Whole(), text);
        Assert.Equal(1, stage.Received);
        Assert.Equal((1, 0), (stage.Claude.Stats.Answered, stage.Claude.Stats.Aborted));
        await stage.WaitUntilAsync(stage => stage.Records.Any(record => record.JoinedTo is null));
        var first = stage.Records.Single(record => record.JoinedTo is null);
        Assert.Equal((CallOutcome.Cancelled, 1), (first.Outcome, first.Sent));
        Assert.Equal(WasteReason.None, first.Attempts[0].Waste);
        var served = stage.Records.Single(record => record.Outcome == CallOutcome.Answered);
        Assert.Equal((first.Id, 0, "claude/claude-sonnet-4-5"), (served.JoinedTo, served.Sent, served.ServedBy));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ClientDiesMidStream_TheSameRequestAgainGetsEveryByte(bool reset)
    {
        await using var stage = await StartAsync();
        var plain = await RawClient.PostAsync(stage.Url, "/v1/messages", Streamed); // what the provider says to it, for comparison
        using var hold = stage.Claude.Gate.PauseNextCall(4);
        using (var dying = await RawClient.ConnectAsync(stage.Url))
        {
            await dying.SendAsync(RawClient.Post("/v1/messages", Streamed.Length) + Streamed);
            await dying.ReadToAsync("text_delta");
            if (reset) dying.Reset();
        }

        await hold.Reached;
        using var again = await RawClient.ConnectAsync(stage.Url);
        await again.SendAsync(RawClient.Post("/v1/messages", Streamed.Length, "x-stainless-retry-count: 1\r\n") + Streamed);
        var begun = await again.ReadToAsync("text_delta"); // from what is kept, while the provider is held
        hold.Release();
        await again.ReadToAsync("message_stop");
        Assert.Contains("x-understudy-joined: us_", begun, StringComparison.Ordinal);
        Assert.Contains("x-understudy-attempts: 1", begun, StringComparison.Ordinal);
        Assert.Contains("content-type: text/event-stream", begun, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("request-id: ", begun, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(2, stage.Received);
        Assert.Equal(0, stage.Claude.Stats.Aborted);
        await stage.WaitUntilAsync(stage => stage.Records.Count == 3);
        Assert.Equal(200, plain.Status);
        Assert.Equal(1, stage.Records.Count(record => record.JoinedTo is not null && record.Outcome == CallOutcome.Answered));
        Assert.Equal(0, stage.Gateway.Engine.Flights.Held);
    }

    [Fact]
    public async Task EveryMomentOfDying_TheRetryGetsExactlyTheWholeText()
    {
        await using var stage = await StartAsync();
        using var http = new HttpClient();
        for (var pieces = 1; pieces < 8; pieces++)
        {
            using var hold = stage.Claude.Gate.PauseNextCall(pieces);
            var body = Streamed.Replace("500", $"50{pieces}", StringComparison.Ordinal);
            using (var dying = await RawClient.ConnectAsync(stage.Url))
            {
                await dying.SendAsync(RawClient.Post("/v1/messages", body.Length) + body);
                await hold.Reached;
                dying.Reset();
            }

            using var asking = new HttpRequestMessage(HttpMethod.Post, new Uri(stage.Url, "/v1/messages")) { Content = new StringContent(body, new MediaTypeHeaderValue("application/json")) };
            asking.Headers.Add("anthropic-version", "2023-06-01");
            asking.Headers.Add("x-stainless-retry-count", "1");
            using var retry = await http.SendAsync(asking, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            Assert.StartsWith("us_", retry.Headers.GetValues("x-understudy-joined").Single(), StringComparison.Ordinal);
            hold.Release(); // it has joined: only now may the provider go on
            var answer = await retry.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Equal(pieces, stage.Claude.Stats.Calls);
            var deltas = System.Text.RegularExpressions.Regex.Matches(answer, "\"text_delta\",\\s*\"text\":\\s*(\"(?:[^\"\\\\]|\\\\.)*\")");
            Assert.Equal(GatewayStage.Whole(), string.Concat(deltas.Select(match => JsonSerializer.Deserialize<string>(match.Groups[1].Value))));
            Assert.Equal(1, answer.Split("event: message_start").Length - 1);
            Assert.Equal(1, answer.Split("event: message_stop").Length - 1);
        }
    }

    [Fact]
    public async Task OtherKeyOfALocalProgram_IsAnotherCaller()
    {
        await using var stage = await StartAsync();
        using var hold = stage.Claude.Gate.HoldNextCall();
        using (var dying = await RawClient.ConnectAsync(stage.Url))
        {
            await dying.SendAsync(RawClient.Post("/v1/messages", NotStreamed.Length, "x-api-key: one\r\n") + NotStreamed);
            await hold.Reached;
        }

        var other = await RawClient.PostAsync(stage.Url, "/v1/messages", NotStreamed, "x-api-key: two\r\nx-stainless-retry-count: 1\r\n");
        Assert.Equal((200, null, 2), (other.Status, other["x-understudy-joined"], stage.Received));
    }

    [Fact]
    public async Task Draining_DoesNotWaitForRetriesThatCannotCome()
    {
        await using var stage = await StartAsync();
        using var hold = stage.Claude.Gate.HoldNextCall();
        using (var dying = await RawClient.ConnectAsync(stage.Url))
        {
            await dying.SendAsync(RawClient.Post("/v1/messages", Streamed.Length) + Streamed);
            await hold.Reached;
        }

        Assert.True(await stage.Gateway.DrainAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
        await stage.Claude.Stats.WaitUntilAsync(stats => stats.Aborted == 1, TestContext.Current.CancellationToken);
        Assert.Equal(WasteReason.ClientLeft, Assert.Single(stage.Records).Attempts.Single().Waste);
    }

    /// <summary>A grace time that no busy machine comes near.</summary>
    private static Task<GatewayStage> StartAsync() =>
        GatewayStage.StartAsync(change: (policy, _) => policy with { Join = new JoinModel { Grace = TimeSpan.FromSeconds(50) } });
}
