using System.Text;
using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;

namespace Understudy.Gateway.Tests;

/// <summary>Same protocol, no failover: what the provider gets and what the client gets are byte for byte what the other side sent.</summary>
public sealed class ByteIdentityTests
{
    private const string OddMessage =
        "{ \"id\":\"msg_1\" ,\r\n\t\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-sonnet-4-5\",\"content\":[{\"type\":\"text\",\"text\":\"\\u00e9\\/é 日本 \\ud83d\\ude00\",\"new_field\":[1.10,1e3,null]}],"
        + "\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":1,\"output_tokens\":2,\"unknown_tokens\":{}}}\n\n";

    private const string OddStream =
        ": a comment first\n\nevent:message_start\ndata:{\"type\":\"message_start\" , \"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-sonnet-4-5\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n"
        + "event: ping\ndata: {\"type\": \"ping\"}\n\n"
        + "event: content_block_start\r\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\r\n\r\n"
        + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"caf\\u00e9 日本\"},\"extra\":true}\n\n"
        + "event: a_new_event\ndata: {\"type\":\"a_new_event\",\"what\":[{}]}\n\n"
        + ": keep-alive\n\n"
        + "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
        + "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":7}}\n\n"
        + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

    private const string OddChunks =
        "data:{\"id\":\"chatcmpl-1\" , \"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}],\"obfuscation\":\"x9\"}\n\n"
        + ": keep-alive\n\n"
        + "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"caf\\u00e9 日本\"},\"finish_reason\":null}]}\r\n\r\n"
        + "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
        + "data: [DONE]\n\n";

    public static TheoryData<string, string> Bodies => new()
    {
        { "unknown fields", """{"model":"claude-sonnet-4-5","max_tokens":5,"stream":false,"a_new_field":{"deep":[{"x":null}]},"messages":[{"role":"user","content":"Hi","cache_control":{"type":"ephemeral","ttl":"1h"}}]}""" },
        { "odd spacing", "\r\n { \t\"messages\" : [ ] ,\n\"max_tokens\":5.0 ,\"model\"\t:\n\"claude-sonnet-4-5\" , \"stream\" : false }\r\n " },
        { "unicode", """{"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":"é \u00e9 日本 \ud83d\ude00 😀 \/ \u0000"}]}""" },
        { "escaped model", """{"m\u006fdel":"claude\u002dsonnet-4-5","max_tokens":5,"messages":[]}""" },
        { "numbers as written", """{"model":"claude-sonnet-4-5","max_tokens":5,"temperature":1.0e-0,"seed":123456789012345678901234567890,"messages":[]}""" },
        { "200 KB", $$"""{"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":"{{string.Concat(Enumerable.Repeat("déjà vu \\n ", 16_000))}}"}]}""" },
        { "2 MB", $$"""{"messages":[{"role":"user","content":"{{new string('x', 2_000_000)}}"}],"model":"claude-sonnet-4-5","max_tokens":5}""" },
    };

    [Theory, MemberData(nameof(Bodies))]
    public async Task Request_ReachesTheProviderUnchanged(string what, string body)
    {
        Assert.NotEmpty(what);
        await using var upstream = Json(OddMessage);
        await using var stage = await StageAsync(upstream);
        var response = await RawClient.PostAsync(stage.Url, "/v1/messages", body);
        Assert.Equal(200, response.Status);
        Assert.Equal(Encoding.UTF8.GetBytes(body), Assert.Single(upstream.Requests).Body);
    }

    [Fact]
    public async Task ChunkedRequest_ReachesTheProviderUnchanged()
    {
        await using var upstream = Json(OddMessage);
        await using var stage = await StageAsync(upstream);
        var response = await RawClient.AskAsync(
            stage.Url, "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
            Encoding.ASCII.GetBytes("b;x=y\r\n{\"model\": \"\r\n11\r\nclaude-sonnet-4-5\r\n2\r\n\"}\r\n0\r\ntrailer: x\r\n\r\n"));
        Assert.Equal(200, response.Status);
        Assert.Equal("{\"model\": \"claude-sonnet-4-5\"}", Encoding.UTF8.GetString(Assert.Single(upstream.Requests).Body));
    }

    [Fact]
    public async Task WholeAnswer_ReachesTheClientUnchanged()
    {
        await using var upstream = Json(OddMessage);
        await using var stage = await StageAsync(upstream);
        var response = await RawClient.PostAsync(stage.Url, "/v1/messages", """{"model":"claude-sonnet-4-5","max_tokens":5,"messages":[]}""");
        Assert.Equal(OddMessage, response.Text);
        Assert.Equal("application/json", response["content-type"]);
    }

    [Theory]
    [InlineData("/v1/messages", "claude-sonnet-4-5", OddStream)]
    [InlineData("/v1/chat/completions", "gpt-4o", OddChunks)]
    public async Task Stream_ReachesTheClientUnchanged(string path, string model, string stream)
    {
        await using var upstream = RawUpstream.Sending("HTTP/1.1 200 OK\ncontent-type: text/event-stream; charset=utf-8\nconnection: close\n\n", Encoding.UTF8.GetBytes(stream));
        await using var stage = await StageAsync(upstream);
        var response = await RawClient.PostAsync(stage.Url, path, $$"""{"model":"{{model}}","max_tokens":5,"stream":true,"messages":[]}""");
        Assert.Equal(stream, response.Text);
        Assert.Equal("text/event-stream; charset=utf-8", response["content-type"]);
    }

    [Fact]
    public async Task AnotherModelOfTheSameProtocol_OnlyTheNameIsExchanged()
    {
        await using var upstream = Json(OddMessage);
        await using var stage = await StageAsync(upstream, model: "claude-opus-4-5");
        var response = await RawClient.PostAsync(stage.Url, "/v1/messages", """{ "max_tokens":5,"x":[1.10], "model" : "claude-sonnet-4-5","y":"claude-sonnet-4-5" }""");
        Assert.Equal(200, response.Status);
        Assert.Equal("""{ "max_tokens":5,"x":[1.10], "model" : "claude-opus-4-5","y":"claude-sonnet-4-5" }""", Encoding.UTF8.GetString(Assert.Single(upstream.Requests).Body));
        Assert.Equal("provider/claude-opus-4-5", response["x-understudy-served-by"]);
    }

    [Fact]
    public async Task RequestHeaders_PassOrStayAsTheyShould()
    {
        await using var upstream = Json(OddMessage);
        await using var stage = await StageAsync(upstream);
        await RawClient.PostAsync(stage.Url, "/v1/messages?beta=true&x=%20y%2F", """{"model":"claude-sonnet-4-5"}""",
            "anthropic-beta: one,two\r\nanthropic-beta: three\r\nX-New-Header: as Is  it is\r\nUser-Agent: claude-cli/2.1\r\nx-name: caf\u00c3\u00a9 \u00e6\u0097\u00a5\r\n"
            + "Authorization: Bearer sk-client\r\nx-api-key: sk-client\r\napi-key: sk-client\r\nx-goog-api-key: sk-client\r\ncookie: a=sk-client\r\nproxy-authorization: sk-client\r\n"
            + "Connection: x-hop\r\nx-hop: only for you\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\nAccept-Encoding: gzip, br\r\nx-understudy-session: s1\r\nExpect: 100-continue\r\n");
        var head = Assert.Single(upstream.Requests).Head;
        Assert.StartsWith("POST /v1/messages?beta=true&x=%20y%2F HTTP/1.1\r\n", head, StringComparison.Ordinal);
        foreach (var passed in (string[])["anthropic-version: 2023-06-01", "anthropic-beta: one,two", "anthropic-beta: three", "X-New-Header: as Is  it is", "User-Agent: claude-cli/2.1", "x-name: caf\u00c3\u00a9 \u00e6\u0097\u00a5"])
        {
            Assert.Contains("\r\n" + passed + "\r\n", head, StringComparison.OrdinalIgnoreCase);
        }

        foreach (var held in (string[])["authorization:", "api-key: sk-client", "cookie:", "proxy-", "sk-client", "keep-alive", "\r\nte:", "accept-encoding", "x-understudy", "expect:", "x-hop"])
        {
            Assert.DoesNotContain(held, head, StringComparison.OrdinalIgnoreCase);
        }

        Assert.Contains($"\r\nx-api-key: {GatewayStage.ProviderKey}\r\n", head, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"\r\nHost: 127.0.0.1:{upstream.Url.Port}\r\n", head, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task ResponseHeaders_PassOrStayAsTheyShould()
    {
        await using var upstream = RawUpstream.Sending(
            $"HTTP/1.1 200 Fine\ncontent-type: application/json\nrequest-id: req_011\nanthropic-organization-id: org\nanthropic-ratelimit-requests-remaining: 7\nset-cookie: a=1\nset-cookie: b=2\nX-New: caf\u00c3\u00a9\n"
            + $"connection: close\nkeep-alive: timeout=3\nx-understudy-served-by: somebody else\ncontent-length: {Encoding.UTF8.GetByteCount(OddMessage)}\n\n", Encoding.UTF8.GetBytes(OddMessage));
        await using var stage = await StageAsync(upstream);
        var response = await RawClient.PostAsync(stage.Url, "/v1/messages", """{"model":"claude-sonnet-4-5"}""");
        Assert.Equal(200, response.Status);
        Assert.Equal("req_011", response["request-id"]);
        Assert.Equal("org", response["anthropic-organization-id"]);
        Assert.Equal("7", response["anthropic-ratelimit-requests-remaining"]);
        Assert.Equal(["a=1", "b=2"], response.Headers.Where(header => header.Name == "set-cookie").Select(header => header.Value));
        Assert.Equal("caf\u00c3\u00a9", response["x-new"]);
        Assert.Null(response["keep-alive"]);
        Assert.Null(response["connection"]);
        Assert.Single(response.Headers, header => header.Name == "content-length");
        Assert.Equal("provider/claude-sonnet-4-5", response["x-understudy-served-by"]);
        Assert.Equal("false", response["x-understudy-degraded"]);
        Assert.Equal("1", response["x-understudy-attempts"]);
        Assert.Equal((await stage.OnlyRecordAsync()).Id, response["x-understudy-request-id"]);
    }

    [Fact]
    public async Task FailedOver_TheFirstProvidersHeadersStayAway()
    {
        await using var stage = await GatewayStage.StartAsync();
        stage.Claude.Faults.Set(new Simulator.Faults.FaultSpec { Kind = "status", Code = 429, RetryAfter = 7 });
        var response = await RawClient.PostAsync(stage.Url, "/v1/messages", """{"model":"claude-sonnet-4-5","max_tokens":500,"messages":[{"role":"user","content":"Hi"}]}""");
        Assert.Equal(200, response.Status);
        Assert.Equal("openai/gpt-4o", response["x-understudy-served-by"]);
        Assert.Equal("2", response["x-understudy-attempts"]);
        Assert.Equal("false", response["x-understudy-degraded"]);
        Assert.Null(response["retry-after"]);
        Assert.DoesNotContain(response.Headers, header => header.Name.Contains("ratelimit", StringComparison.Ordinal) || header.Name.StartsWith("openai", StringComparison.Ordinal));
        Assert.Equal(response["x-understudy-request-id"], response["request-id"]);
    }

    [Theory]
    [InlineData(400, "invalid_request_error")]
    [InlineData(404, "not_found_error")]
    [InlineData(413, "request_too_large")]
    [InlineData(422, "invalid_request_error")]
    public async Task TheClientsOwnMistake_IsReturnedAsTheProviderSaidIt_AtOnce(int status, string type)
    {
        var said = $"{{\"type\":\"error\" , \"error\":{{\"type\":\"{type}\",\"message\":\"messages.1.content: caf\\u00e9\"}},\"request_id\":\"req_1\"}}";
        await using var upstream = RawUpstream.Sending($"HTTP/1.1 {status} No\ncontent-type: application/json\nconnection: close\n\n", Encoding.UTF8.GetBytes(said));
        await using var stage = await StageAsync(upstream, others: true);
        var response = await RawClient.PostAsync(stage.Url, "/v1/messages", """{"model":"claude-sonnet-4-5","max_tokens":5,"messages":[]}""");
        Assert.Equal(status, response.Status);
        Assert.Equal(said, response.Text);
        Assert.Equal("false", response["x-should-retry"]);
        Assert.Single(upstream.Requests);
        Assert.Equal(0, stage.Received);
        Assert.All(stage.Gateway.Engine.Targets.All, target => Assert.Equal(CircuitBreaker.BreakerState.Closed, target.Breaker.State));
        Assert.Equal(Observation.CallOutcome.ClientError, (await stage.OnlyRecordAsync()).Outcome);
    }

    private static RawUpstream Json(string body) => RawUpstream.Sending("HTTP/1.1 200 OK\ncontent-type: application/json\nconnection: close\n\n", Encoding.UTF8.GetBytes(body));

    /// <summary>A stage whose only target is <paramref name="upstream"/>, for both protocols.</summary>
    private static Task<GatewayStage> StageAsync(RawUpstream upstream, string? model = null, bool others = false) => GatewayStage.StartAsync(change: (policy, _) =>
    {
        ProviderModel Provider(Calls.WireProtocol protocol, string path) => new() { Name = "provider", Protocol = protocol, BaseUrl = new(upstream.Url, path), Key = GatewayStage.ProviderKey };
        RouteModel Route(string match, ProviderModel provider) => new()
        {
            Name = match,
            Match = [match],
            UseCase = GatewayStage.Patient,
            Ladder =
            [
                new TargetRung { Targets = [new() { Provider = provider, Model = model }] },
                .. others ? policy.Routes[0].Ladder.Skip(1) : [],
            ],
        };
        return policy with
        {
            Routes = [Route("claude-*", Provider(Calls.WireProtocol.AnthropicMessages, "/")), Route("gpt-*", Provider(Calls.WireProtocol.OpenAIChat, "/v1"))],
        };
    });
}
