using System.Security.Cryptography;
using System.Text;
using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;

namespace Understudy.Gateway.Tests;

/// <summary>Calls that are kept with what was said in them, on purpose: from outside, down to the bytes on the disk.</summary>
public sealed class CaptureTests
{
    private const string Token = "admin-token-0123456789";
    private const string Auth = $"authorization: Bearer {Token}\r\n";
    private const string CacheKey = "a-cache-key-of-an-operator";

    private static string Ask(string say, bool stream = false) =>
        $$"""{"model":"claude-sonnet-4-5","max_tokens":500,"stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"{{say}}"}]}""";

    private static Task<GatewayStage> StageAsync(StoreFolder folder, CaptureRule? rule, Func<Policy, Policy>? more = null) => GatewayStage.StartAsync(change: (policy, _) => (more ?? (same => same))(policy with
    {
        AdminToken = Token,
        Store = folder.Store,
        Capture = new() { Redact = ["ACME-[0-9]+"] },
        Routes = [.. policy.Routes.Select(route => route with { Capture = rule })],
    }));

    private static Task<RawResponse> GetAsync(GatewayStage stage, string path, string auth = Auth) => RawClient.AskAsync(stage.Url, $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{auth}\r\n");

    /// <summary>Calls, and waits until the store has it.</summary>
    private static async Task<RawResponse> CallAsync(GatewayStage stage, string body, string more = "")
    {
        var ended = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Ended(string id, bool kept) => ended.TrySetResult(kept);
        stage.Gateway.Engine.Captures.Ended += Ended;
        var response = await RawClient.PostAsync(stage.Url, "/v1/messages", body, more);
        Assert.True(await ended.Task.WaitAsync(TestContext.Current.CancellationToken));
        stage.Gateway.Engine.Captures.Ended -= Ended;
        return response;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ACall_IsKeptAsItWasSaid_ButForWhatMustNotBe(bool stream)
    {
        using var folder = new StoreFolder();
        string id;
        await using (var stage = await StageAsync(folder, new()))
        {
            id = (await CallAsync(stage, Ask($"Mail ana@example.com about ACME-77, key {GatewayStage.ProviderKey}.", stream)))["x-understudy-request-id"]!;
            var listed = Assert.Single((await GetAsync(stage, "/admin/captures")).Json["captures"]!.AsArray());
            Assert.Equal((id, "claude-*", "Answered"), ((string?)listed!["id"], (string?)listed["route"], (string?)listed["outcome"]));
            Assert.Null(listed["request"]);
        }

        // After a restart, too.
        await using var later = await StageAsync(folder, new());
        var call = (await GetAsync(later, $"/admin/captures/{id}")).Json;
        Assert.Equal("Mail [redacted: e-mail] about [redacted], key [redacted: key].", (string?)call["request"]!["messages"]![0]!["content"]);
        var answer = stream ? call["answer"]!["parts"]![0]!["text"] : call["answer"]!["content"]![0]!["text"];
        Assert.Equal(GatewayStage.Whole($"Mail ana@example.com about ACME-77, key {GatewayStage.ProviderKey}."), (string?)answer);
        Assert.Equal((200, 3), ((int)call["status"]!, (int)call["redacted"]!));

        // Who looked is on record, in the events and on the disk.
        Assert.Contains(later.Happenings, happening => happening.Kind == "capture" && happening.Subject == id && happening.Text.Contains("read by admin (127.0.0.1)", StringComparison.Ordinal));
        Assert.Equal(404, (await GetAsync(later, "/admin/captures/us_0000000000000000")).Status);
        await later.Gateway.DisposeAsync();
        await using var after = await StageAsync(folder, null);
        Assert.Contains(after.Gateway.Engine.Journal.Recent, happening => happening.Text.Contains($"the captured call {id}: read by admin", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WithoutAWord_NothingThatIsSaid_IsOnTheDisk()
    {
        using var folder = new StoreFolder();
        await using (var stage = await StageAsync(folder, null))
        {
            await RawClient.PostAsync(stage.Url, "/v1/messages", Ask("a needle in a haystack"));
            Assert.Empty((await GetAsync(stage, "/admin/captures")).Json["captures"]!.AsArray());
        }

        Assert.Equal(-1, (await File.ReadAllBytesAsync(folder.File, TestContext.Current.CancellationToken)).AsSpan().IndexOf("a needle"u8));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData(CacheKey, false)]
    public async Task OnTheDisk_ItIsSealed_WhereThereIsAKey(string? key, bool readable)
    {
        using var folder = new StoreFolder();
        await using (var stage = await StageAsync(folder, new(), policy => policy with { Cache = new() { Key = key } })) await CallAsync(stage, Ask("a needle of ACME-1234 in a haystack"));
        var file = await File.ReadAllBytesAsync(folder.File, TestContext.Current.CancellationToken);
        Assert.Equal(readable, file.AsSpan().IndexOf("a needle"u8) >= 0);
        Assert.Equal(-1, file.AsSpan().IndexOf("ACME-1234"u8));
    }

    [Fact]
    public async Task TroubleOnly_LeavesGoodCallsAlone()
    {
        using var folder = new StoreFolder();
        await using var stage = await StageAsync(folder, new() { Of = CaptureOf.Trouble });
        await RawClient.PostAsync(stage.Url, "/v1/messages", Ask("all is well"));
        stage.Claude.Faults.Set("status");
        await CallAsync(stage, Ask("all is not well"));
        var call = Assert.Single((await GetAsync(stage, "/admin/captures")).Json["captures"]!.AsArray());
        var said = (await GetAsync(stage, $"/admin/captures/{(string?)call!["id"]}")).Text;
        Assert.Contains("all is not well", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Purge_TakesAClientsCallsAway_AndLeavesTheOthers()
    {
        using var folder = new StoreFolder();
        await using var stage = await StageAsync(folder, new(), policy => policy with { Clients = [Client("one"), Client("two")] });
        foreach (var name in (string[])["one", "two"]) await CallAsync(stage, Ask($"said by {name}"), $"x-api-key: key-of-{name}\r\n");
        Assert.Equal(1, (int?)(await RawClient.PostAsync(stage.Url, "/admin/purge", """{"client":"one"}""", Auth)).Json["purged_captures"]);
        Assert.Equal("two", (string?)Assert.Single((await GetAsync(stage, "/admin/captures")).Json["captures"]!.AsArray())!["client"]);
        Assert.Equal(-1, (await File.ReadAllBytesAsync(folder.File, TestContext.Current.CancellationToken)).AsSpan().IndexOf("said by one"u8));

        static ClientModel Client(string name) => new() { Name = name, KeyHash = SHA256.HashData(Encoding.UTF8.GetBytes($"key-of-{name}")) };
    }
}
