using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;
using Understudy.Observation;
using Understudy.Simulator.Tests.Support;

namespace Understudy.Gateway.Tests;

/// <summary>The operator's API from outside.</summary>
public sealed class AdminTests
{
    private const string Token = "admin-token-0123456789";
    private const string Auth = $"authorization: Bearer {Token}\r\n";
    private const string Ask = """{"model":"claude-sonnet-4-5","max_tokens":500,"stream":true,"messages":[{"role":"user","content":"Why does the curtain rise again?"}]}""";

    private static Task<GatewayStage> StageAsync(Func<Policy, Policy>? more = null, TimeProvider? time = null) =>
        GatewayStage.StartAsync(change: (policy, _) => (more ?? (same => same))(policy with { AdminToken = Token }), time: time);

    private static Task<RawResponse> PostAsync(GatewayStage stage, string verb, string body, string auth = Auth) => RawClient.PostAsync(stage.Url, $"/admin/{verb}", body, auth);

    private static Task<RawResponse> GetAsync(GatewayStage stage, string path, string auth = Auth) => RawClient.AskAsync(stage.Url, $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{auth}\r\n");

    [Theory]
    [InlineData("")]
    [InlineData("authorization: Bearer wrong\r\n")]
    [InlineData("authorization: Bearer \r\n")]
    [InlineData($"authorization: Basic {Token}\r\n")]
    [InlineData($"x-api-key: {Token}\r\n")]
    [InlineData($"authorization: Bearer {Token}x\r\n")]
    public async Task WithoutTheToken_NothingOpens(string auth)
    {
        await using var stage = await StageAsync();
        foreach (var path in (string[])["/admin/status", "/admin/events", "/admin/nothing"])
        {
            var response = await GetAsync(stage, path, auth);
            Assert.Equal((401, "Bearer"), (response.Status, response["www-authenticate"]));
            Assert.DoesNotContain(Token, response.Text, StringComparison.Ordinal);
        }

        Assert.Equal(401, (await PostAsync(stage, "kill", """{"what":"all"}""", auth)).Status);
        Assert.Empty(stage.Gateway.Engine.Overrides.InForce);
    }

    [Fact]
    public async Task WithoutAConfiguredToken_ThereIsNoAdminApi()
    {
        await using var stage = await GatewayStage.StartAsync();
        Assert.Equal(404, (await GetAsync(stage, "/admin/status", "authorization: Bearer \r\n")).Status);
    }

    [Theory]
    [InlineData("claude", 0, 1)]
    [InlineData("claude/claude-sonnet-4-5", 0, 1)]
    [InlineData("openai", 1, 0)]
    public async Task Kill_HoldsForTheNextCall_UntilRevived(string what, int claude, int openai)
    {
        await using var stage = await StageAsync();
        var killed = await PostAsync(stage, "kill", $$"""{"what":"{{what}}","why":"status page is red","by":"rosa"}""");
        Assert.Equal((200, "kill", what, "rosa (127.0.0.1)"), (killed.Status, (string?)killed.Json["action"], (string?)killed.Json["what"], (string?)killed.Json["who"]));
        Assert.False((bool?)killed.Json["survives_restart"]);
        Assert.Equal(GatewayStage.Whole(), (await Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream: true)).Text);
        Assert.Equal((claude, openai), (stage.Claude.Stats.Calls, stage.OpenAI.Stats.Calls));
        Assert.Equal(200, (await PostAsync(stage, "revive", $$"""{"what":"{{what}}"}""")).Status);
        await Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream: true);
        Assert.Equal(claude + 1, stage.Claude.Stats.Calls);
    }

    [Fact]
    public async Task KillInFlight_TheCallGoesOnElsewhere_InOnePiece()
    {
        await using var stage = await StageAsync();
        using var hold = stage.Claude.Gate.PauseNextCall(3);
        var underWay = Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream: true);
        await hold.Reached;
        var killed = await PostAsync(stage, "kill", """{"what":"claude","why":"hangs","in_flight":true}""");
        Assert.Equal(1, (int?)killed.Json["broken_off"]);
        Assert.Equal(GatewayStage.Whole(), (await underWay).Text);
        var record = await stage.OnlyRecordAsync();
        Assert.True(record.Continued);
        Assert.Equal((1, 1), (stage.Claude.Stats.Calls, stage.OpenAI.Stats.Calls));
    }

    [Fact]
    public async Task Until_EndsIt()
    {
        var time = new ManualTime();
        await using var stage = await StageAsync(time: time);
        Assert.Equal(200, (await PostAsync(stage, "kill", """{"what":"claude","until":"10m","why":"maintenance"}""")).Status);
        Assert.Equal("openai/gpt-4o", (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask))["x-understudy-served-by"]);
        time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal("claude/claude-sonnet-4-5", (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask))["x-understudy-served-by"]);
    }

    [Fact]
    public async Task KillAll_TheNoticeServes()
    {
        await using var stage = await StageAsync(policy => policy with
        {
            Routes = [.. policy.Routes.Select(route => route with { Ladder = [.. route.Ladder, new NoticeRung { Words = new() { Text = "Our assistant is resting for a while." } }] })],
        });
        await PostAsync(stage, "kill", """{"what":"all","why":"drill"}""");
        Assert.Equal("Our assistant is resting for a while.", (await Sdk.AskAsync(Vendor.OpenAI, stage.Url, stream: true)).Text);
        Assert.Equal(0, stage.Received);
    }

    [Theory]
    [InlineData("kill", "{}", "'what' is missing")]
    [InlineData("kill", "not json", "not JSON")]
    [InlineData("kill", "[]", "must be a JSON object")]
    [InlineData("kill", """{"what":"claud"}""", "did you mean 'claude'?")]
    [InlineData("kill", """{"what":"claude/"}""", "no provider and no target")]
    [InlineData("drain", """{"what":"claude","in_flight":true}""", "kill breaks them off")]
    [InlineData("kill", """{"what":"claude","untill":"10m"}""", "did you mean 'until'?")]
    [InlineData("kill", """{"what":"claude","until":"yesterday"}""", "'until' must be")]
    [InlineData("kill", """{"what":"claude","until":"2001-01-01T00:00:00Z"}""", "'until' must be")]
    public async Task Mistakes_AreRefused_AndChangeNothing(string verb, string body, string says)
    {
        await using var stage = await StageAsync();
        var response = await PostAsync(stage, verb, body);
        Assert.Equal(400, response.Status);
        Assert.Contains(says, (string)response.Json["error"]!["message"]!, StringComparison.Ordinal);
        Assert.Empty(stage.Gateway.Engine.Overrides.InForce);
    }

    [Theory]
    [InlineData("kill", false)]
    [InlineData("kill", true)]
    [InlineData("purge", false)]
    [InlineData("purge", true)]
    public async Task EndlessBody_IsRefused(string verb, bool chunked)
    {
        await using var stage = await StageAsync();
        var body = $$"""{"what":"claude","all":true,"why":"{{new string('x', 70_000)}}"}""";
        var response = chunked
            ? await RawClient.AskAsync(stage.Url, $"POST /admin/{verb} HTTP/1.1\r\nHost: 127.0.0.1\r\n{Auth}transfer-encoding: chunked\r\n\r\n{body.Length:x}\r\n{body}\r\n0\r\n\r\n")
            : await PostAsync(stage, verb, body);
        Assert.Equal((400, "The body is too large: 64 KiB at most."), (response.Status, (string?)response.Json["error"]!["message"]));
        Assert.Empty(stage.Gateway.Engine.Overrides.InForce);
    }

    [Fact]
    public async Task WhatThePolicyKills_IsNotRevivedByALever()
    {
        await using var stage = await StageAsync(policy => policy with { Kill = KillSwitch.Parse("claude") });
        var response = await PostAsync(stage, "revive", """{"what":"claude","why":"please"}""");
        Assert.Equal(409, response.Status);
        Assert.Contains("UNDERSTUDY_KILL", (string)response.Json["error"]!["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_TellWhoAndWhy_NewestFirst_AndNoSecret()
    {
        await using var stage = await StageAsync();
        await PostAsync(stage, "kill", $$"""{"what":"claude","why":"key {{GatewayStage.ProviderKey}} and {{Token}} leaked\nbadly"}""");
        await PostAsync(stage, "drain", """{"what":"openai","why":"second"}""");
        var events = await GetAsync(stage, "/admin/events");
        Assert.Equal(["drain", "kill"], events.Json["events"]!.AsArray().Select(happening => (string)happening!["kind"]!).Where(kind => kind is "kill" or "drain"));
        Assert.Contains("key *** and *** leaked badly", events.Text, StringComparison.Ordinal);
        var status = await GetAsync(stage, "/admin/status");
        foreach (var text in (string[])[events.Text, status.Text])
        {
            Assert.DoesNotContain(GatewayStage.ProviderKey, text, StringComparison.Ordinal);
            Assert.DoesNotContain(Token, text, StringComparison.Ordinal);
        }

        Assert.All(stage.Happenings, happening => Assert.DoesNotContain(GatewayStage.ProviderKey, happening.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task EventStream_TellsAsItHappens_AndEndsWithTheGateway()
    {
        await using var stage = await StageAsync();
        using var reader = await RawClient.ConnectAsync(stage.Url);
        await reader.SendAsync($"GET /admin/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n{Auth}\r\n");
        await reader.ReadToAsync(": events as they happen\n\n");
        await PostAsync(stage, "kill", """{"what":"claude","why":"red"}""");
        await reader.ReadToAsync("event: kill\n");
        Assert.Contains("claude was killed", await reader.ReadToAsync("\n\n"), StringComparison.Ordinal);
        Assert.True(await stage.Gateway.DrainAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Status_ShowsWhatIs()
    {
        await using var stage = await StageAsync();
        using var hold = stage.Claude.Gate.PauseNextCall(3);
        var underWay = Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream: true);
        await hold.Reached;
        while (stage.Gateway.Engine.Targets.All.All(target => target.Target.FirstContent == TimeSpan.Zero)) await Task.Yield(); // sent is not read yet
        await PostAsync(stage, "drain", """{"what":"claude","why":"maintenance"}""");
        var status = (await GetAsync(stage, "/admin/status")).Json;
        Assert.Equal(1, (int?)status["calls_under_way"]);
        var claude = status["providers"]!.AsArray().Single(provider => (string?)provider!["name"] == "claude")!;
        Assert.Equal((true, 1), ((bool)claude["killed"]!, (int)claude["attempts_under_way"]!));
        Assert.Equal("closed", (string?)status["targets"]!.AsArray().Single(target => (string?)target!["target"] == "claude/claude-sonnet-4-5")!["breaker"]);
        Assert.Equal(("drain", "maintenance"), ((string?)status["overrides"]![0]!["kind"], (string?)status["overrides"]![0]!["why"]));
        Assert.Equal(["claude/=", "openai/gpt-4o", "spare/gpt-4o-mini"], status["routes"]![0]!["rungs"]!.AsArray().Select(rung => (string)rung!));
        hold.Release();
        Assert.Equal(GatewayStage.Whole(), (await underWay).Text);
        Assert.Equal(1, stage.Claude.Stats.Calls);
    }

    [Fact]
    public async Task Store_KeepsOrdersAndAuditOverARestart()
    {
        var folder = Directory.CreateTempSubdirectory("understudy-gateway");
        try
        {
            Policy Stored(Policy policy) => policy with { Store = new() { Kind = StoreKind.Sqlite, Location = Path.Combine(folder.FullName, "understudy.db") } };
            await using (var first = await StageAsync(Stored))
            {
                Assert.True((bool?)(await PostAsync(first, "kill", """{"what":"claude","why":"status page is red","by":"rosa"}""")).Json["survives_restart"]);
            }

            await using var second = await StageAsync(Stored);
            Assert.Equal("openai/gpt-4o", (await RawClient.PostAsync(second.Url, "/v1/messages", Ask))["x-understudy-served-by"]);
            Assert.Contains("claude: kill by rosa (127.0.0.1): status page is red", (await GetAsync(second, "/admin/events")).Text, StringComparison.Ordinal);
            Assert.Contains(second.Happenings, happening => happening.Kind == "kill" && happening.Text.Contains("still killed", StringComparison.Ordinal));

            // One file, one gateway.
            var locked = await Assert.ThrowsAsync<Storage.StoreException>(() => StageAsync(Stored));
            Assert.Contains("locked", locked.Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
