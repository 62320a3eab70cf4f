using System.Net.Sockets;
using System.Text;
using Understudy.CircuitBreaker;
using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;
using Understudy.Observation;

namespace Understudy.Gateway.Tests;

/// <summary>What a broken or hostile client sends, over plain sockets.</summary>
public sealed class HostileInputTests
{
    private const string Good = """{"model":"claude-sonnet-4-5","max_tokens":500,"stream":true,"messages":[{"role":"user","content":"Why does the curtain rise again?"}]}""";

    public static TheoryData<string> BadBodies => new()
    {
        "",
        "   ",
        "null",
        "[]",
        "\"model\"",
        "not json",
        "{",
        "{\"model\":\"claude-sonnet-4-5\"",
        "{\"model\":\"claude-sonnet-4-5\"}}",
        "{\"model\":\"claude-sonnet-4-5\",}",
        "{\"model\":\"claude-sonnet-4-5\" \"stream\":true}",
        "{\"model\":\"claude-sonnet-4-5\",\"model\":\"claude-sonnet-4-5\"}",
        "{\"model\":\"claude-sonnet-4-5\",\"m\\u006fdel\":\"claude-opus-4-5\"}",
        "{\"model\":\"claude-sonnet-4-5\",\"stream\":true,\"stream\":false}",
        "{\"model\":7}",
        "{\"model\":null}",
        "{\"model\":{\"a\":1}}",
        "{\"model\":[\"claude-sonnet-4-5\"]}",
        "{\"max_tokens\":5}",
        "{\"model\":\"claude-sonnet-4-5\",\"stream\":\"true\"}",
        "{\"model\":\"claude-sonnet-4-5\",\"stream\":1}",
        "{\"model\":\"claude-sonnet-4-5\",\"messages\":[}]}",
        "{\"model\":\"claude\\qsonnet\"}",
        "{\"model\":\"claude-\\ud800\"}",
        "{\"model\":\"claude-\\u00zz\"}",
        "{\"m\\qodel\":\"claude-sonnet-4-5\"}",
        "{\"\\ud800\":1,\"model\":\"claude-sonnet-4-5\"}",
        "{\"model\":\"claude-sonnet-4-5\",\"x\":" + new string('[', 600) + new string(']', 600) + "}",
    };

    [Theory, MemberData(nameof(BadBodies))]
    public async Task BodyThatIsNoRequest_400InTheCallersProtocol_AndNobodyIsAsked(string body)
    {
        await using var stage = await GatewayStage.StartAsync();
        (await RawClient.PostAsync(stage.Url, "/v1/messages", body)).AnthropicError(400, "invalid_request_error");
        (await RawClient.PostAsync(stage.Url, "/v1/chat/completions", body)).OpenAIError(400, "invalid_request_error");
        Assert.Equal(0, stage.Received);
        Assert.Equal(0, stage.Gateway.InFlight);
    }

    [Theory]
    [InlineData("""{"model":"claude-sonnet-4-5","max_tokens":9,"messages":"no list"}""")]
    [InlineData("""{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":7}]}""")]
    [InlineData("""{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"\q"}]}""")]
    [InlineData("""{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"x","content":"y"}]}""")]
    public async Task BodyThatCannotBeTranslated_400WhereTheFirstTargetSpeaksAnotherProtocol(string body)
    {
        await using var stage = await GatewayStage.StartAsync(change: (policy, stage) => policy with
        {
            Routes = [stage.Route("*", GatewayStage.Patient, ("openai", "gpt-4o"), ("spare", "gpt-4o"))],
        });
        var response = await RawClient.PostAsync(stage.Url, "/v1/messages", body);
        response.AnthropicError(400, "invalid_request_error");
        Assert.Equal(0, stage.Received);
    }

    [Fact]
    public async Task DeepBody_CrossProtocol_IsNoCrash()
    {
        await using var stage = await GatewayStage.StartAsync();
        stage.Claude.Faults.Set("status");
        var deep = new string('[', 200) + new string(']', 200);
        var response = await RawClient.PostAsync(stage.Url, "/v1/messages", $$"""{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"x":{{deep}}}""");
        Assert.InRange(response.Status, 400, 599);
        Assert.NotEqual("", (string?)response.Json["error"]!["message"]);
    }

    [Theory]
    [InlineData("claude-日本")]
    [InlineData("claude-\\u0001x")]
    [InlineData("claude-a\\nx-evil: 1")]
    [InlineData("claude-a/b?c#d e")]
    [InlineData("claude-\\\"q\\\"")]
    public async Task OddModelName_IsServed_AndSaysNothingElseInTheHeaders(string model)
    {
        await using var stage = await GatewayStage.StartAsync();
        var response = await RawClient.PostAsync(stage.Url, "/v1/messages", Good.Replace("claude-sonnet-4-5", model, StringComparison.Ordinal).Replace("true", "false", StringComparison.Ordinal));
        Assert.Equal(200, response.Status);
        Assert.StartsWith("claude/claude-", response["x-understudy-served-by"], StringComparison.Ordinal);
        Assert.Null(response["x-evil"]);
        Assert.Equal(GatewayStage.Whole(), (string?)response.Json["content"]![0]!["text"]);
    }

    [Fact]
    public async Task BodyOverTheLimit_ByContentLength_413BeforeItIsSent()
    {
        await using var stage = await SmallLimitAsync();
        using var client = await RawClient.ConnectAsync(stage.Url);
        await client.SendAsync(RawClient.Post("/v1/messages", 2000, "Expect: 100-continue\r\n"));
        var response = await client.ReadAsync();
        response.AnthropicError(413, "request_too_large");
        Assert.Equal("false", response["x-should-retry"]);
    }

    [Theory]
    [InlineData(1001)]
    [InlineData(3_000_000)]
    public async Task BodyOverTheLimit_Chunked_413InTheCallersProtocol(int size)
    {
        await using var stage = await SmallLimitAsync();
        using var client = await RawClient.ConnectAsync(stage.Url);
        await client.SendAsync($"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n{size:x}\r\n");
        // The answer comes while the body is still being sent, as to a client that does not look before it has sent all.
        var sending = SendQuietlyAsync(client, [.. new byte[size], .. "\r\n0\r\n\r\n"u8]);
        (await client.ReadAsync()).OpenAIError(413, "invalid_request_error");
        await sending;
        Assert.Equal(0, stage.Received);
        Assert.Equal(0, stage.Gateway.InFlight);
    }

    [Fact]
    public async Task BodyAtTheLimit_IsTaken()
    {
        await using var stage = await SmallLimitAsync();
        var body = Good.PadRight(1000, ' ');
        Assert.Equal(1000, body.Length);
        Assert.Equal(200, (await RawClient.PostAsync(stage.Url, "/v1/messages", body)).Status);
    }

    [Fact]
    public async Task BodyInSingleBytes_IsServed()
    {
        await using var stage = await GatewayStage.StartAsync();
        using var client = await RawClient.ConnectAsync(stage.Url);
        client.Socket.NoDelay = true;
        foreach (var piece in (RawClient.Post("/v1/messages", Good.Length) + Good).Chunk(3)) await client.SendAsync(new string(piece));
        Assert.Contains("event: message_stop", (await client.ReadAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SenderWhoNeverEnds_HoldsNobodyElseUp()
    {
        await using var stage = await GatewayStage.StartAsync();
        using var slow = await RawClient.ConnectAsync(stage.Url);
        await slow.SendAsync(RawClient.Post("/v1/messages", Good.Length) + Good[..20]);
        var others = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => RawClient.PostAsync(stage.Url, "/v1/messages", Good)));
        Assert.All(others, response => Assert.Contains("event: message_stop", response.Text, StringComparison.Ordinal));
        await slow.SendAsync(Good[20..]);
        Assert.Contains("event: message_stop", (await slow.ReadAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClientThatLeavesInsideItsBody_CostsNothing()
    {
        await using var stage = await GatewayStage.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            using var client = await RawClient.ConnectAsync(stage.Url);
            await client.SendAsync(RawClient.Post("/v1/messages", Good.Length) + Good[..20]);
            if (i == 0) client.Reset();
            else if (i == 1) client.Socket.Shutdown(SocketShutdown.Send);
        }

        Assert.Equal(200, (await RawClient.PostAsync(stage.Url, "/v1/messages", Good)).Status);
        Assert.Equal(1, stage.Received);
    }

    [Theory]
    [InlineData("zz\r\nnonsense\r\n")]
    [InlineData("-5\r\n")]
    [InlineData("5\r\nab")]
    public async Task BrokenChunks_AreNoServerError(string chunks)
    {
        await using var stage = await GatewayStage.StartAsync();
        using var client = await RawClient.ConnectAsync(stage.Url);
        await client.SendAsync("POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
        client.Socket.Shutdown(SocketShutdown.Send);
        try
        {
            Assert.InRange((await client.ReadAsync()).Status, 400, 499);
        }
        catch (IOException)
        {
            // Nobody is there to be told: closing, or resetting what can't be read, is an answer too.
        }

        Assert.Equal(200, (await RawClient.PostAsync(stage.Url, "/v1/messages", Good)).Status);
        Assert.Equal(1, stage.Received);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ClientThatVanishesMidStream_EndsTheProvidersWork_AndCountsAgainstNobody(bool reset)
    {
        await using var stage = await GatewayStage.StartAsync(change: (policy, _) => policy with { Join = JoinModel.Off });
        for (var call = 1; call <= 8; call++) // more than would open a breaker
        {
            using var hold = stage.Claude.Gate.PauseCall(call, 3);
            using var client = await RawClient.ConnectAsync(stage.Url);
            await client.SendAsync(RawClient.Post("/v1/messages", Good.Length) + Good);
            await client.ReadToAsync("text_delta");
            if (reset) client.Reset();
            else client.Dispose();
            var left = call;
            await stage.Claude.Stats.WaitUntilAsync(stats => stats.Aborted == left, TestContext.Current.CancellationToken);
        }

        await stage.WaitUntilAsync(stage => stage.Records.Count == 8);
        Assert.All(stage.Records, record => Assert.Equal(CallOutcome.Cancelled, record.Outcome));
        Assert.All(stage.Gateway.Engine.Targets.All, target => Assert.Equal(BreakerState.Closed, target.Breaker.State));
        Assert.Equal(8, stage.Received); // nobody went on for a client that is gone
        Assert.Equal(0, stage.Claude.Stats.Answered);
    }

    [Fact]
    public async Task ClientThatVanishesBeforeTheAnswer_EndsTheProvidersWork()
    {
        await using var stage = await GatewayStage.StartAsync(change: (policy, _) => policy with { Join = JoinModel.Off });
        using var hold = stage.Claude.Gate.HoldNextCall();
        using var client = await RawClient.ConnectAsync(stage.Url);
        await client.SendAsync(RawClient.Post("/v1/messages", Good.Length) + Good);
        await hold.Reached;
        client.Reset();
        await stage.Claude.Stats.WaitUntilAsync(stats => stats.Aborted == 1, TestContext.Current.CancellationToken);
        Assert.Equal(CallOutcome.Cancelled, (await stage.OnlyRecordAsync()).Outcome);
        Assert.Equal(1, stage.Received);
    }

    [Fact]
    public async Task ClientThatLeavesAtTheClosingEvent_HasHadItsAnswer()
    {
        await using var stage = await GatewayStage.StartAsync();
        using (var client = await RawClient.ConnectAsync(stage.Url))
        {
            await client.SendAsync(RawClient.Post("/v1/messages", Good.Length) + Good);
            await client.ReadToAsync("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
            client.Reset();
        }

        Assert.Equal(CallOutcome.Answered, (await stage.OnlyRecordAsync()).Outcome);
        Assert.Equal(0, stage.Claude.Stats.Aborted);
    }

    [Fact]
    public async Task HeadersTooLarge_431_AndTheNextIsServed()
    {
        await using var stage = await GatewayStage.StartAsync();
        using (var client = await RawClient.ConnectAsync(stage.Url))
        {
            await SendQuietlyAsync(client, Encoding.ASCII.GetBytes(RawClient.Post("/v1/messages", Good.Length, $"x-big: {new string('x', 70_000)}\r\n")));
            Assert.Equal(431, (await client.ReadAsync()).Status);
        }

        Assert.Equal(200, (await RawClient.PostAsync(stage.Url, "/v1/messages", Good)).Status);
        Assert.Equal(1, stage.Received);
    }

    [Theory]
    [InlineData("GARBAGE\r\n\r\n")]
    [InlineData("POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")]
    [InlineData("POST /v1/messages HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("POST /v1/messages HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nx-a: b\u0000c\r\n\r\n")]
    [InlineData("POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: gzip\r\n\r\n")]
    [InlineData("POST /v1/messages?x=\u00e9 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("POST /v1/%00/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}")]
    public async Task BrokenHttp_IsRefused(string request)
    {
        await using var stage = await GatewayStage.StartAsync();
        Assert.InRange((await RawClient.AskAsync(stage.Url, request)).Status, 400, 499);
        Assert.Equal(0, stage.Received);
    }

    [Fact]
    public async Task PipelinedRequests_AreAnsweredInOrder()
    {
        await using var stage = await GatewayStage.StartAsync();
        using var client = await RawClient.ConnectAsync(stage.Url);
        string Ask(string prompt) => Good.Replace(GatewayStage.Prompt, prompt, StringComparison.Ordinal).Replace("true", "false", StringComparison.Ordinal);
        var requests = new StringBuilder();
        foreach (var prompt in (string[])["one", "two", "three"]) requests.Append(RawClient.Post("/v1/messages", Ask(prompt).Length)).Append(Ask(prompt));
        requests.Append("GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        await client.SendAsync(requests.ToString());
        foreach (var prompt in (string[])["one", "two", "three"])
        {
            Assert.Equal(GatewayStage.Whole(prompt), (string?)(await client.ReadAsync()).Json["content"]![0]!["text"]);
        }

        Assert.Equal(200, (await client.ReadAsync()).Status);
    }

    [Fact]
    public async Task RefusedBody_DoesNotSpoilTheNextRequestOnTheConnection()
    {
        await using var stage = await SmallLimitAsync();
        using var client = await RawClient.ConnectAsync(stage.Url);
        var large = Good.PadRight(1500, ' ');
        await client.SendAsync(RawClient.Post("/v1/messages", large.Length) + large);
        (await client.ReadAsync()).AnthropicError(413, "request_too_large");
        await client.SendAsync(RawClient.Post("/v1/messages", Good.Length) + Good);
        Assert.Equal(200, (await client.ReadAsync()).Status);
    }

    [Fact]
    public async Task UpstreamHeaderThatCannotBeSent_IsNoServerError()
    {
        var body = Encoding.UTF8.GetBytes("""{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hi."}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}""");
        await using var upstream = RawUpstream.Sending("HTTP/1.1 200 OK\ncontent-type: application/json\nx-bell: a\u0007b\nx-latin: \u00e9\nconnection: close\n\n", body);
        await using var stage = await GatewayStage.StartAsync(change: (policy, stage) => policy with
        {
            Providers = [.. policy.Providers.Select(provider => provider.Name == "claude" ? provider with { BaseUrl = upstream.Url } : provider)],
            Routes = [new() { Name = "r", Match = ["*"], Ladder = [new Configuration.TargetRung { Targets = [new() { Provider = policy.Providers[0] with { BaseUrl = upstream.Url } }] }] }],
        });
        var response = await RawClient.PostAsync(stage.Url, "/v1/messages", Good.Replace("true", "false", StringComparison.Ordinal));
        Assert.Equal(200, response.Status);
        Assert.Equal(body, response.Body);
        Assert.Equal("\u00e9", response["x-latin"]);
    }

    private static Task<GatewayStage> SmallLimitAsync() => GatewayStage.StartAsync(change: (policy, _) => policy with { Limits = new() { MaxBodyBytes = 1000 } });

    /// <summary>Sends what the peer will take of it.</summary>
    private static async Task SendQuietlyAsync(RawClient client, byte[] bytes)
    {
        try
        {
            await client.SendAsync(bytes);
        }
        catch (IOException)
        {
            // it has stopped listening
        }
    }
}
