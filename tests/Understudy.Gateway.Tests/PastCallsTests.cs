using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;

namespace Understudy.Gateway.Tests;

/// <summary>Records of calls over a restart, from outside.</summary>
public sealed class PastCallsTests
{
    private const string Token = "admin-token-0123456789";
    private const string Auth = $"authorization: Bearer {Token}\r\n";
    private const string Ask = """{"model":"claude-sonnet-4-5","max_tokens":50,"messages":[{"role":"user","content":"Why does the curtain rise again?"}]}""";

    private static Task<GatewayStage> StageAsync(StoreModel? store, RecordsModel? records = null) =>
        GatewayStage.StartAsync(change: (policy, _) => policy with { AdminToken = Token, Store = store, Records = records ?? new() });

    private static Task<RawResponse> GetAsync(GatewayStage stage, string path) => RawClient.AskAsync(stage.Url, $"GET /admin/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{Auth}\r\n");

    [Fact]
    public async Task AfterARestart_TheStoryIsStillThere_AndNothingThatWasSaid()
    {
        using var folder = new StoreFolder();
        string rescued;
        await using (var stage = await StageAsync(folder.Store))
        {
            for (var i = 0; i < 3; i++) await RawClient.PostAsync(stage.Url, "/v1/messages", Ask);
            stage.Claude.Faults.Set("status");
            rescued = (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask))["x-understudy-request-id"]!;
            await RawClient.PostAsync(stage.Url, "/v1/messages", "{}");
        }

        await using var later = await StageAsync(folder.Store);
        var list = (await GetAsync(later, "calls")).Json;
        Assert.Equal(["client_error", "answered", "answered", "answered", "answered"], list["calls"]!.AsArray().Select(call => (string?)call!["outcome"]));
        var trouble = Assert.Single((await GetAsync(later, "calls?trouble=true&route=claude-*")).Json["calls"]!.AsArray())!;
        Assert.Equal((rescued, "openai/gpt-4o"), ((string?)trouble["request_id"], (string?)trouble["served_by"]));
        var story = (await GetAsync(later, $"calls/{rescued}")).Json["call"]!;
        Assert.Equal(["claude/claude-sonnet-4-5", "claude/claude-sonnet-4-5", "openai/gpt-4o"], story["attempts"]!.AsArray().Select(attempt => (string?)attempt!["target"]));
        Assert.Equal(500, (int?)story["attempts"]![0]!["status"]);
        Assert.Single((await GetAsync(later, "calls?limit=1")).Json["calls"]!.AsArray());
        Assert.Empty((await GetAsync(later, "calls?client=nobody")).Json["calls"]!.AsArray());
        Assert.Equal(400, (await GetAsync(later, "calls?outcome=answerd")).Status);
        Assert.Equal(404, (await GetAsync(later, "calls/us_0000000000000000")).Status);
        Assert.InRange((long)(await GetAsync(later, "status")).Json["records"]!["bytes"]!, 100, 10_000);
        Assert.Equal(-1, (await File.ReadAllBytesAsync(folder.File, TestContext.Current.CancellationToken)).AsSpan().IndexOf("curtain"u8));
    }

    [Fact]
    public async Task AModelThatThisProcessHasAskedNobodyFor_KeepsItsName()
    {
        using var folder = new StoreFolder();
        await using (var stage = await StageAsync(folder.Store))
        {
            for (var i = 0; i < 3; i++) await RawClient.PostAsync(stage.Url, "/v1/messages", Ask.Replace("claude-sonnet-4-5", "claude-of-tomorrow", StringComparison.Ordinal));
        }

        await using var later = await StageAsync(folder.Store);
        var calls = (await GetAsync(later, "calls")).Json["calls"]!.AsArray();
        Assert.All(calls, call => Assert.Equal(("claude/claude-of-tomorrow", "claude/claude-of-tomorrow"), ((string?)call!["served_by"], (string?)call["attempts"]![0]!["target"])));
        Assert.Equal(3, calls.Count);
        // To have looked makes it no label of the metrics.
        Assert.DoesNotContain("of-tomorrow", (await RawClient.AskAsync(later.Url, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutAStore_OrSwitchedOff_NoneAreKept()
    {
        await using (var memory = await StageAsync(null)) Assert.Equal(404, (await GetAsync(memory, "calls")).Status);
        using var folder = new StoreFolder();
        await using (var off = await StageAsync(folder.Store, new() { Enabled = false })) await RawClient.PostAsync(off.Url, "/v1/messages", Ask);
        await using var later = await StageAsync(folder.Store);
        Assert.Empty((await GetAsync(later, "calls")).Json["calls"]!.AsArray());
    }
}
