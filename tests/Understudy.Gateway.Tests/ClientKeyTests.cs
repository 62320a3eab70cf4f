using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;

namespace Understudy.Gateway.Tests;

/// <summary>Who may call: keys where the policy has clients, else programs on this machine.</summary>
public sealed class ClientKeyTests
{
    private const string Key = "us-key-of-the-website";
    private const string Ask = """{"model":"claude-sonnet-4-5","max_tokens":500,"messages":[{"role":"user","content":"Why does the curtain rise again?"}]}""";
    private const string AskGpt = """{"model":"gpt-4o","messages":[{"role":"user","content":"Why does the curtain rise again?"}]}""";

    public static TheoryData<string> KeyHeaders => new()
    {
        $"x-api-key: {Key}", $"X-API-Key: {Key}", $"Authorization: Bearer {Key}", $"authorization: bearer {Key}", $"x-goog-api-key: {Key}", $"api-key: {Key}",
        $"x-api-key: sk-ant-of-the-vendor\r\nAuthorization: Bearer {Key}", $"x-api-key: \r\nAuthorization: Bearer {Key}", $"x-api-key: {Key}\r\nAuthorization: Bearer {Key}",
    };

    public static TheoryData<string> WrongKeys => new()
    {
        "", "x-api-key: ", "x-api-key: wrong", $"x-api-key: {Key}x", $"x-api-key: {Key[..^1]}", $"Authorization: Basic {Key}", $"Authorization: {Key}", "Authorization: Bearer ",
        "x-api-key: \u00e9", $"x-api-key: {new string('k', 5000)}",
        $"x-api-key: {Key}\r\nx-api-key: other", // two values are none: which one it means is anybody's guess
        "cookie: x-api-key=" + Key,
    };

    [Theory, MemberData(nameof(KeyHeaders))]
    public async Task RightKey_InAnyVendorsHeader_IsServed_AndGoesNoFurther(string header)
    {
        await using var stage = await StageAsync();
        var anthropic = await RawClient.PostAsync(stage.Url, "/v1/messages", Ask, header + "\r\n");
        var openai = await RawClient.PostAsync(stage.Url, "/v1/chat/completions", AskGpt, header + "\r\n");
        Assert.Equal((200, 200), (anthropic.Status, openai.Status));
        await stage.WaitUntilAsync(stage => stage.Records.Count == 2);
        Assert.All(stage.Records, record => Assert.Equal("website", record.Client));
        AssertNowhere(stage, anthropic, openai);
    }

    [Fact]
    public async Task RightKey_InGeminisQuery_IsServed_AndTheRestOfTheQueryGoesOn()
    {
        await using var stage = await StageAsync();
        var response = await RawClient.PostAsync(stage.Url, $"/v1/messages?beta=true&key={Key}&x=1", Ask);
        Assert.Equal(200, response.Status);
        Assert.Equal("?beta=true&x=1", Assert.Single(stage.Claude.Stats.Requests).Query);
        AssertNowhere(stage, response);
    }

    [Theory, MemberData(nameof(WrongKeys))]
    public async Task NoOrWrongKey_401InTheCallersProtocol_AndNobodyIsAsked(string header)
    {
        await using var stage = await StageAsync();
        var more = header.Length == 0 ? "" : header + "\r\n";
        var anthropic = await RawClient.PostAsync(stage.Url, "/v1/messages", Ask, more);
        var openai = await RawClient.PostAsync(stage.Url, "/v1/chat/completions", AskGpt, more);
        var models = await RawClient.AskAsync(stage.Url, $"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}\r\n");
        anthropic.AnthropicError(401, "authentication_error");
        openai.OpenAIError(401, "invalid_request_error");
        Assert.Equal(401, models.Status);
        Assert.Equal("false", anthropic["x-should-retry"]);
        Assert.Equal(0, stage.Received);
        AssertNowhere(stage, anthropic, openai, models);
    }

    [Fact]
    public async Task Failures_TellNoKey()
    {
        await using var stage = await StageAsync();
        stage.FailAll("bad_key");
        var anthropic = await RawClient.PostAsync(stage.Url, "/v1/messages", Ask, $"x-api-key: {Key}\r\n");
        var openai = await RawClient.PostAsync(stage.Url, "/v1/chat/completions", AskGpt, $"Authorization: Bearer {Key}\r\n");
        // The provider rejects the gateway's own key: the operator's fault, never told as the client's.
        anthropic.AnthropicError(500, "api_error");
        openai.OpenAIError(500, "server_error");
        await stage.WaitUntilAsync(stage => stage.Records.Count == 2);
        AssertNowhere(stage, anthropic, openai);
        var health = await RawClient.AskAsync(stage.Url, "GET /health/providers HTTP/1.1\r\nHost: anywhere\r\n\r\n");
        AssertNowhere(stage, health);
    }

    [Theory]
    [InlineData("127.0.0.1", "", 200)]
    [InlineData("localhost:4600", "", 200)]
    [InlineData("[::1]:4600", "", 200)]
    [InlineData("127.0.0.1", "Origin: http://localhost:3000\r\n", 200)]
    [InlineData("evil.example", "", 401)]
    [InlineData("evil.example:4600", "", 401)]
    [InlineData("127.0.0.1.evil.example", "", 401)]
    [InlineData("localhost.evil.example", "", 401)]
    [InlineData("10.0.0.1", "", 401)]
    [InlineData("127.0.0.1", "Origin: https://evil.example\r\n", 401)]
    [InlineData("127.0.0.1", "Origin: null\r\n", 401)]
    [InlineData("127.0.0.1", "Origin: http://127.0.0.1.evil.example\r\n", 401)]
    public async Task WithoutClients_OnlyProgramsOfThisMachine(string host, string more, int status)
    {
        await using var stage = await GatewayStage.StartAsync();
        var anthropic = await RawClient.PostAsync(stage.Url, "/v1/messages", Ask, more, host);
        Assert.Equal(status, anthropic.Status);
        if (status == 401)
        {
            anthropic.AnthropicError(401, "authentication_error");
            (await RawClient.PostAsync(stage.Url, "/v1/chat/completions", AskGpt, more, host)).OpenAIError(401, "invalid_request_error");
        }

        Assert.Equal(status == 200 ? 1 : 0, stage.Received);
    }

    [Fact]
    public async Task WithClients_AnyHostWillDo()
    {
        await using var stage = await StageAsync();
        Assert.Equal(200, (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask, $"x-api-key: {Key}\r\nOrigin: https://app.example\r\n", "gateway.example")).Status);
    }

    private static Task<GatewayStage> StageAsync() => GatewayStage.StartAsync(change: (policy, _) => policy with
    {
        AdminToken = "admin-token",
        Clients =
        [
            new() { Name = "batch", KeyHash = SHA256.HashData("another key"u8) },
            new() { Name = "website", KeyHash = SHA256.HashData(Encoding.UTF8.GetBytes(Key)) },
        ],
    });

    /// <summary>No key, of the client or of a provider, stands in what clients get, what is recorded or what prints.</summary>
    private static void AssertNowhere(GatewayStage stage, params IEnumerable<RawResponse> responses)
    {
        foreach (var secret in (string[])[Key, GatewayStage.ProviderKey, "admin-token"])
        {
            foreach (var response in responses)
            {
                Assert.DoesNotContain(secret, response.Text, StringComparison.Ordinal);
                Assert.DoesNotContain(response.Headers, header => header.Value.Contains(secret, StringComparison.Ordinal));
            }

            Assert.All(stage.Records, record => Assert.DoesNotContain(secret, JsonSerializer.Serialize(record) + record, StringComparison.Ordinal));
            Assert.All(stage.Happenings, happening => Assert.DoesNotContain(secret, happening.ToString(), StringComparison.Ordinal));
            var policy = stage.Gateway.Engine.Model.Policy;
            Assert.DoesNotContain(secret, $"{policy} {stage.Gateway.Engine.Model} {string.Concat<object>([.. policy.Clients, .. policy.Providers, .. policy.Routes])}", StringComparison.Ordinal);
        }

        // The client's key is for the gateway alone.
        foreach (var request in stage.Providers.SelectMany(provider => provider.Stats.Requests))
        {
            var all = request.Path + request.Query + string.Join('\n', request.Headers) + Encoding.UTF8.GetString(request.Body.Span);
            Assert.DoesNotContain(Key, all, StringComparison.Ordinal);
            Assert.DoesNotContain("sk-ant-of-the-vendor", all, StringComparison.Ordinal);
        }
    }
}
