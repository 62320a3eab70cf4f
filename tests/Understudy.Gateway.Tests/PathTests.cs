using Understudy.Gateway.Tests.Support;

namespace Understudy.Gateway.Tests;

/// <summary>What is at which path, and what is said where there is nothing.</summary>
public sealed class PathTests
{
    [Theory]
    [InlineData("POST", "/v1/v1/messages", "twice")]
    [InlineData("POST", "/v1/v1/chat/completions", "twice")]
    [InlineData("POST", "/chat/completions", "lacks /v1")]
    [InlineData("POST", "/v1/nothing", "nothing at this path")]
    [InlineData("GET", "/v1/messages", "nothing at this path")]
    [InlineData("GET", "/../../etc/passwd", "nothing at this path")]
    [InlineData("DELETE", "/v1/messages", "nothing at this path")]
    [InlineData("OPTIONS", "/v1/messages", "nothing at this path")]
    [InlineData("POST", "/", "nothing at this path")]
    [InlineData("POST", "/v1/messages/", "nothing at this path")]
    public async Task UnknownPath_404InTheCallersProtocol_WithAHint(string method, string path, string hint)
    {
        await using var stage = await GatewayStage.StartAsync();
        string Head(string more) => $"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n{more}\r\n";
        var anthropic = (await RawClient.AskAsync(stage.Url, Head("anthropic-version: 2023-06-01\r\n"))).AnthropicError(404, "not_found_error");
        var openai = (await RawClient.AskAsync(stage.Url, Head("Authorization: Bearer k\r\n"))).OpenAIError(404, "invalid_request_error");
        Assert.Contains(hint, anthropic, StringComparison.Ordinal);
        Assert.Equal(anthropic, openai);
        Assert.Equal(0, stage.Received);
    }

    [Theory]
    [InlineData("/v1/responses")]
    [InlineData("/v1/messages")]
    [InlineData("/")]
    public async Task WebSocketUpgrade_426WithALength(string path)
    {
        await using var stage = await GatewayStage.StartAsync();
        using var client = await RawClient.ConnectAsync(stage.Url);
        await client.SendAsync($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        var response = await client.ReadAsync();
        Assert.Equal(426, response.Status);
        Assert.Equal("0", response["content-length"]);
    }

    [Fact]
    public async Task OtherUpgrade_IsLeftUnheard()
    {
        await using var stage = await GatewayStage.StartAsync();
        var response = await RawClient.AskAsync(stage.Url, "GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n");
        Assert.Equal(200, response.Status);
    }

    [Theory]
    [InlineData("/", 200)]
    [InlineData("/api/hello", 200)]
    [InlineData("/v1/nothing", 404)]
    public async Task Head_SaysWhetherAnybodyIsThere_WithoutABody(string path, int status)
    {
        await using var stage = await GatewayStage.StartAsync();
        using var client = await RawClient.ConnectAsync(stage.Url);
        await client.SendAsync($"HEAD {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        Assert.Equal(status, (await client.ReadAsync(isHead: true)).Status);
        Assert.Equal("live", (string?)(await client.ReadAsync()).Json["status"]);
    }

    [Fact]
    public async Task Health_NeedsNoKey_AndSaysWhatIs()
    {
        await using var stage = await GatewayStage.StartAsync(change: (policy, _) => policy with { Clients = [new() { Name = "c", KeyHash = new byte[32] }] });
        Task<RawResponse> Get(string path) => RawClient.AskAsync(stage.Url, $"GET {path} HTTP/1.1\r\nHost: load-balancer\r\n\r\n");
        Assert.Equal("live", (string?)(await Get("/health/live")).Json["status"]);
        Assert.Equal("ready", (string?)(await Get("/health/ready")).Json["status"]);
        var providers = (await Get("/health/providers")).Json["providers"]!.AsArray();
        Assert.Equal(["claude", "openai", "spare"], providers.Select(provider => (string?)provider!["name"]));
        Assert.All(providers, provider => Assert.True((bool)provider!["available"]!));
        Assert.Equal(401, (await Get("/v1/models")).Status);
    }

    [Fact]
    public async Task Models_AreInAShapeThatBothVendorsLibrariesRead()
    {
        await using var stage = await GatewayStage.StartAsync();
        var list = (await RawClient.AskAsync(stage.Url, "GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")).Json;
        Assert.Equal("list", (string?)list["object"]);
        Assert.False((bool)list["has_more"]!);
        Assert.Contains(list["data"]!.AsArray(), model => (string?)model!["id"] == "gpt-4o" && (string?)model["type"] == "model" && (long)model["created"]! > 0);
        using var anthropic = new Anthropic.AnthropicClient { ApiKey = "k", BaseUrl = stage.Url.ToString().TrimEnd('/') };
        var page = await anthropic.Models.List(cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains(page.Items, model => model.ID == "claude-sonnet-4-5");
        var openai = new OpenAI.Models.OpenAIModelClient(new System.ClientModel.ApiKeyCredential("k"), new() { Endpoint = new(stage.Url, "v1") });
        Assert.Contains((await openai.GetModelsAsync(TestContext.Current.CancellationToken)).Value, model => model.Id == "gpt-4o");
        Assert.Equal(0, stage.Received);
    }
}
