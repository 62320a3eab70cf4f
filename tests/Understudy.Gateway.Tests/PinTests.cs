using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;

namespace Understudy.Gateway.Tests;

/// <summary>Pinning a route from outside.</summary>
public sealed class PinTests
{
    private const string Token = "admin-token-0123456789";
    private const string Auth = $"authorization: Bearer {Token}\r\n";
    private const string Ask = """{"model":"claude-sonnet-4-5","max_tokens":500,"messages":[{"role":"user","content":"Why does the curtain rise again?"}]}""";
    private const string Pin = """{"route":"claude-*","target":"spare/gpt-4o-mini","until":"2h","why":"claude talks nonsense","by":"rosa"}""";

    private static Task<GatewayStage> StageAsync(Func<Policy, Policy>? more = null) => GatewayStage.StartAsync(change: (policy, _) => (more ?? (same => same))(policy with { AdminToken = Token }));

    private static async Task<string?> ServedByAsync(GatewayStage stage) => (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask))["x-understudy-served-by"];

    [Fact]
    public async Task Pinned_TheNextCallGoesThere_UntilRevived()
    {
        await using var stage = await StageAsync();
        var pinned = await RawClient.PostAsync(stage.Url, "/admin/pin", Pin, Auth);
        Assert.Equal((200, "rosa (127.0.0.1)", false), (pinned.Status, (string?)pinned.Json["who"], (bool?)pinned.Json["survives_restart"]));
        Assert.Equal("spare/gpt-4o-mini", await ServedByAsync(stage));
        var status = (await RawClient.AskAsync(stage.Url, $"GET /admin/status HTTP/1.1\r\nHost: 127.0.0.1\r\n{Auth}\r\n")).Json;
        Assert.Equal(("pin", "claude-*", "spare/gpt-4o-mini"), ((string?)status["overrides"]![0]!["kind"], (string?)status["overrides"]![0]!["what"], (string?)status["overrides"]![0]!["target"]));
        Assert.Equal("spare/gpt-4o-mini", (string?)status["routes"]![0]!["pinned_to"]);
        Assert.Contains(stage.Happenings, happening => happening is { Kind: "pin", Subject: "claude-*" } && happening.Text.Contains("by rosa (127.0.0.1)", StringComparison.Ordinal));
        var revived = await RawClient.PostAsync(stage.Url, "/admin/revive", """{"what":"claude-*"}""", Auth);
        Assert.Equal((200, 1), (revived.Status, (int?)revived.Json["ended"]));
        Assert.Equal("claude/claude-sonnet-4-5", await ServedByAsync(stage));
    }

    [Theory]
    [InlineData("""{"route":"claud-*","target":"x","until":"1h"}""", "did you mean 'claude-*'?")]
    [InlineData("""{"route":"claude-*","target":"openai/gpt-4oo","until":"1h"}""", "did you mean 'openai/gpt-4o'?")]
    [InlineData("""{"route":"claude-*","until":"1h"}""", "'target' is missing")]
    [InlineData("""{"target":"openai/gpt-4o","until":"1h"}""", "'route' is missing")]
    [InlineData("""{"route":"claude-*","target":"openai/gpt-4o"}""", "'until' must say when")]
    [InlineData("""{"route":"claude-*","target":"openai/gpt-4o","until":"yesterday"}""", "'until' must say when")]
    [InlineData("""{"rout":"claude-*","target":"openai/gpt-4o","until":"1h"}""", "did you mean 'route'?")]
    public async Task Mistakes_AreRefused_AndChangeNothing(string body, string says)
    {
        await using var stage = await StageAsync();
        var response = await RawClient.PostAsync(stage.Url, "/admin/pin", body, Auth);
        Assert.Equal(400, response.Status);
        Assert.Contains(says, (string)response.Json["error"]!["message"]!, StringComparison.Ordinal);
        Assert.Empty(stage.Gateway.Engine.Pins.InForce);
    }

    [Fact]
    public async Task APin_SurvivesARestart_WithItsAudit()
    {
        var folder = Directory.CreateTempSubdirectory("understudy-pin");
        try
        {
            Policy Stored(Policy policy) => policy with { Store = new() { Kind = StoreKind.Sqlite, Location = Path.Combine(folder.FullName, "understudy.db") } };
            await using (var first = await StageAsync(Stored))
            {
                Assert.True((bool?)(await RawClient.PostAsync(first.Url, "/admin/pin", Pin, Auth)).Json["survives_restart"]);
            }

            await using (var second = await StageAsync(Stored))
            {
                Assert.Equal("spare/gpt-4o-mini", await ServedByAsync(second));
                Assert.Contains(second.Gateway.Engine.Journal.Recent, happening => happening.Text.Contains("still pinned to spare/gpt-4o-mini: ordered by rosa (127.0.0.1)", StringComparison.Ordinal));
                Assert.Equal(200, (await RawClient.PostAsync(second.Url, "/admin/revive", """{"what":"all"}""", Auth)).Status);
            }

            await using var third = await StageAsync(Stored);
            Assert.Equal("claude/claude-sonnet-4-5", await ServedByAsync(third));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
