using Understudy.Gateway.Tests.Support;

namespace Understudy.Gateway.Tests;

/// <summary>
/// Anthropic's newest libraries let the vendor keep a conversation and then send only what is new in a turn. Whoever else
/// is asked then knows nothing of what was said, and would answer all the same.
/// </summary>
public sealed class ThreadTests
{
    [Theory]
    [InlineData("""{"type":"create"}""")]
    [InlineData("""{"type":"continue","previous_message_id":"msg_1"}""")]
    public async Task SeveralProviders_TheClientIsToldToKeepItsConversationItself(string thread)
    {
        await using var stage = await GatewayStage.StartAsync();

        var answer = await RawClient.PostAsync(stage.Url, "/v1/messages", Body(thread), "anthropic-beta: message-threads-2026-08-12\r\n");

        answer.AnthropicError(400, "invalid_request_error");
        // Anthropic's tool runner knows this code, and sends the whole history instead.
        Assert.Equal("thread_unsupported_request", (string?)answer.Json["error"]!["details"]!["error_code"]);
        Assert.Equal("thread", (string?)answer.Json["error"]!["details"]!["unsupported"]![0]);
        Assert.Equal("false", answer["x-should-retry"]);
        Assert.Equal(0, stage.Received);
    }

    [Fact]
    public async Task OneProvider_ThreadsAreItsOwnMatter()
    {
        await using var stage = await GatewayStage.StartAsync(change: (policy, stage) => policy with
        {
            Routes = [stage.Route("*", GatewayStage.Patient, ("claude", null), ("claude", "claude-haiku-4-5"))],
        });

        var answer = await RawClient.PostAsync(stage.Url, "/v1/messages", Body("""{"type":"create"}"""));

        Assert.Contains("thread", System.Text.Encoding.UTF8.GetString(stage.Claude.Stats.Requests[^1].Body.Span), StringComparison.Ordinal);
        Assert.NotNull(answer["x-understudy-served-by"] ?? answer["request-id"]);
    }

    [Fact]
    public async Task NoThread_NothingIsRefused()
    {
        await using var stage = await GatewayStage.StartAsync();
        Assert.Equal(200, (await RawClient.PostAsync(stage.Url, "/v1/messages", Body("null").Replace("\"thread\":null,", "", StringComparison.Ordinal))).Status);
    }

    private static string Body(string thread) =>
        $$"""{"model":"claude-sonnet-4-5","max_tokens":100,"thread":{{thread}},"messages":[{"role":"user","content":"Hi"}]}""";
}
