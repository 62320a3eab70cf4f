using System.Text.Json.Nodes;
using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;
using Understudy.Observation;
using Understudy.Simulator.Tests.Support;

namespace Understudy.Gateway.Tests;

/// <summary>Faults on the live system: who is hit, who is not, and how it ends.</summary>
public sealed class ChaosTests
{
    private const string Token = "admin-token-0123456789";
    private const string Auth = $"authorization: Bearer {Token}\r\n";
    private const string AskStream = """{"model":"claude-sonnet-4-5","max_tokens":500,"stream":true,"messages":[{"role":"user","content":"Why does the curtain rise again?"}]}""";

    /// <summary>No backoff: it would wait for a clock that stands.</summary>
    private static RetryModel Retry => new() { AttemptsPerTarget = 1 };

    private static Task<GatewayStage> StageAsync(TimeProvider? time = null, Func<Policy, Policy>? more = null, UseCaseModel? useCase = null) => GatewayStage.StartAsync(
        useCase,
        change: (policy, _) => (more ?? (same => same))(policy with { AdminToken = Token, Retry = Retry, Routes = [.. policy.Routes.Select(route => route with { AllowsChaos = true })] }),
        time: time);

    private static Task<RawResponse> StartAsync(GatewayStage stage, string body) => RawClient.PostAsync(stage.Url, "/admin/chaos", body, Auth);

    private static Task<RawResponse> CallAsync(GatewayStage stage, string headers = "") => RawClient.PostAsync(stage.Url, "/v1/messages", AskStream, headers);

    private static async Task<JsonObject> ListAsync(GatewayStage stage) => (await RawClient.AskAsync(stage.Url, $"GET /admin/chaos HTTP/1.1\r\nHost: 127.0.0.1\r\n{Auth}\r\n")).Json;

    [Theory]
    [InlineData("""{"kind":"status","code":529}""", 0)]
    [InlineData("""{"kind":"refuse"}""", 0)]
    [InlineData("""{"kind":"garbage"}""", 0)]
    [InlineData("""{"kind":"empty"}""", 0)]
    [InlineData("""{"kind":"hang"}""", 0)]
    [InlineData("""{"kind":"stall","after":2}""", 1)]
    [InlineData("""{"kind":"cut","after":2}""", 1)]
    [InlineData("""{"kind":"slow","delay":"100ms"}""", 1)]
    public async Task Fault_IsFelt_AndTheUserIsServedAllTheSame(string fault, int asked)
    {
        await using var stage = await StageAsync(useCase: GatewayStage.Brisk);
        // A model's pace: what is written at once may be read in one piece, and none would be left to cut.
        stage.Claude.Faults.Set(new Simulator.Faults.FaultSpec { Kind = "slow", Factor = 1 });
        var started = await StartAsync(stage, $$"""{"what":"claude","fault":{{fault}},"for":"5m","why":"practice","by":"rosa"}""");
        Assert.Equal((201, "running", "rosa (127.0.0.1)"), (started.Status, (string?)started.Json["state"], (string?)started.Json["who"]));
        var answer = await Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream: true);
        Assert.Equal(GatewayStage.Whole(), answer.Text);
        var record = await stage.OnlyRecordAsync();
        if (asked == 0) Assert.Equal(0, stage.Claude.Stats.Calls);
        else Assert.True(stage.Claude.Stats.Calls >= asked);
        Assert.Equal(fault.Contains("slow", StringComparison.Ordinal) ? "claude/claude-sonnet-4-5" : "openai/gpt-4o", record.Continued ? record.Attempts[^1].Target : record.ServedBy);
        var report = (await ListAsync(stage))["experiments"]![0]!["report"]!;
        Assert.True((int)report["requests_hit"]! >= 1);
        Assert.Equal((1, 0), ((int)report["calls"]!, (int)report["not_answered"]!));
        Assert.Contains(stage.Happenings, happening => happening is { Kind: "chaos", Subject: "chaos-1" } && happening.Text.Contains("by rosa (127.0.0.1): practice", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ARestart_KeepsWhatIsScheduledAndTheReports_AndEndsWhatRuns()
    {
        using var folder = new StoreFolder();
        var time = new ManualTime();
        Policy Stored(Policy policy) => policy with { Store = folder.Store };
        await using (var stage = await StageAsync(time, Stored))
        {
            await StartAsync(stage, """{"what":"claude","fault":{"kind":"refuse"},"for":"1m","why":"over by then"}""");
            await CallAsync(stage);
            time.Advance(TimeSpan.FromMinutes(2));
            await StartAsync(stage, """{"what":"claude","fault":{"kind":"hang"},"for":"30m","why":"runs"}""");
            await StartAsync(stage, """{"what":"openai","fault":{"kind":"status","code":529,"retry_after":"7s"},"at":"5m","for":"10m","share":0.5,"why":"missed"}""");
            await StartAsync(stage, """{"what":"claude","fault":{"kind":"refuse"},"at":"3h","for":"10m","why":"tonight","by":"rosa"}""");
        }

        time.Advance(TimeSpan.FromMinutes(10));
        await using var later = await StageAsync(time, Stored);
        var list = await ListAsync(later);
        var scheduled = Assert.Single(list["experiments"]!.AsArray())!;
        Assert.Equal(("chaos-4", "scheduled", "tonight", "rosa (127.0.0.1)"), ((string?)scheduled["id"], (string?)scheduled["state"], (string?)scheduled["why"], (string?)scheduled["who"]));
        Assert.Equal(["chaos-1 its time is up", "chaos-2 it stops", "chaos-3 it was not running when this was to begin"], list["past"]!.AsArray().Select(one => $"{one!["id"]} {one["ended_why"]}").Order());
        Assert.Equal(1, (int?)list["past"]!.AsArray().Single(one => (string?)one!["id"] == "chaos-1")!["report"]!["requests_hit"]);
        Assert.Equal("claude/claude-sonnet-4-5", (await CallAsync(later))["x-understudy-served-by"]); // nothing is hit until then
        Assert.Equal("chaos-5", (string?)(await StartAsync(later, """{"what":"claude","fault":{"kind":"hang"},"at":"1h","for":"1m","why":"another"}""")).Json["id"]);
        time.Advance(TimeSpan.FromMinutes(175));
        Assert.Equal("running", (string?)(await ListAsync(later))["experiments"]!.AsArray().Single(one => (string?)one!["id"] == "chaos-4")!["state"]);
        Assert.Equal("openai/gpt-4o", (await CallAsync(later))["x-understudy-served-by"]);
    }

    [Fact]
    public async Task Filters_OnlyThatHeaderIsHit()
    {
        await using var stage = await StageAsync();
        await StartAsync(stage, """{"what":"claude","fault":{"kind":"refuse"},"header":"x-canary: yes","for":"5m","why":"practice"}""");
        Assert.Equal("claude/claude-sonnet-4-5", (await CallAsync(stage))["x-understudy-served-by"]);
        Assert.Equal("claude/claude-sonnet-4-5", (await CallAsync(stage, "x-canary: no\r\n"))["x-understudy-served-by"]);
        Assert.Equal("openai/gpt-4o", (await CallAsync(stage, "x-canary: yes\r\n"))["x-understudy-served-by"]);
    }

    [Fact]
    public async Task Filters_OnlyThatClientIsHit()
    {
        await using var stage = await StageAsync(more: policy => policy with
        {
            Clients = [.. new[] { "website", "batch" }.Select(name => new ClientModel { Name = name, KeyHash = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"key-of-{name}")) })],
        });
        await StartAsync(stage, """{"what":"claude/claude-sonnet-4-5","fault":{"kind":"refuse"},"client":"batch","for":"5m","why":"practice"}""");
        Assert.Equal("claude/claude-sonnet-4-5", (await CallAsync(stage, "x-api-key: key-of-website\r\n"))["x-understudy-served-by"]);
        Assert.Equal("openai/gpt-4o", (await CallAsync(stage, "x-api-key: key-of-batch\r\n"))["x-understudy-served-by"]);
    }

    [Fact]
    public async Task Share_HitsSome()
    {
        await using var stage = await StageAsync(more: policy => policy with { Breaker = new() { ConsecutiveFailures = 1000, MinimumCalls = 1000, Tolerate = null } });
        await StartAsync(stage, """{"what":"claude","fault":{"kind":"refuse"},"share":0.5,"for":"5m","why":"practice"}""");
        for (var i = 0; i < 40; i++) await CallAsync(stage);
        Assert.InRange(stage.Claude.Stats.Calls, 1, 39);
    }

    [Fact]
    public async Task ItsTimeIsUp_NothingIsHit_AndTheReportIsKept()
    {
        var time = new ManualTime();
        await using var stage = await StageAsync(time);
        await StartAsync(stage, """{"what":"claude","fault":{"kind":"refuse"},"for":"5m","why":"practice"}""");
        Assert.Equal("openai/gpt-4o", (await CallAsync(stage))["x-understudy-served-by"]);
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal("claude/claude-sonnet-4-5", (await CallAsync(stage))["x-understudy-served-by"]);
        var list = await ListAsync(stage);
        Assert.Empty(list["experiments"]!.AsArray());
        var past = Assert.Single(list["past"]!.AsArray())!;
        Assert.Equal(("ended", "the clock", 1), ((string?)past["state"], (string?)past["ended_by"], (int)past["report"]!["served_by_another"]!));
    }

    [Fact]
    public async Task Scheduled_BeginsAtItsTime()
    {
        var time = new ManualTime();
        await using var stage = await StageAsync(time);
        Assert.Equal("scheduled", (string?)(await StartAsync(stage, """{"what":"claude","fault":{"kind":"refuse"},"at":"30m","for":"5m","why":"practice"}""")).Json["state"]);
        Assert.Equal("claude/claude-sonnet-4-5", (await CallAsync(stage))["x-understudy-served-by"]);
        time.Advance(TimeSpan.FromMinutes(31));
        Assert.Equal("openai/gpt-4o", (await CallAsync(stage))["x-understudy-served-by"]);
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal("claude/claude-sonnet-4-5", (await CallAsync(stage))["x-understudy-served-by"]);
    }

    [Theory]
    [InlineData("abort", """{"id":"chaos-1","why":"enough","by":"rosa"}""")]
    [InlineData("abort", "{}")]
    [InlineData("DELETE /admin/chaos", "")]
    [InlineData("DELETE /admin/chaos/chaos-1", "")]
    public async Task Abort_EndsItAtOnce_AndWhatHangsGoesOn(string how, string body)
    {
        await using var stage = await StageAsync();
        await StartAsync(stage, """{"what":"claude","fault":{"kind":"hang"},"for":"5m","why":"practice"}""");
        var hanging = CallAsync(stage);
        while ((int)(await ListAsync(stage))["experiments"]![0]!["report"]!["requests_hit"]! == 0) await Task.Yield();
        var ended = how == "abort" ? await RawClient.PostAsync(stage.Url, "/admin/chaos/abort", body, Auth) : await RawClient.AskAsync(stage.Url, $"{how} HTTP/1.1\r\nHost: 127.0.0.1\r\n{Auth}\r\n");
        Assert.Equal((200, 1), (ended.Status, (int)ended.Json["ended"]!));
        Assert.Equal("claude/claude-sonnet-4-5", (await hanging)["x-understudy-served-by"]);
        Assert.Empty((await ListAsync(stage))["experiments"]!.AsArray());
    }

    [Fact]
    public async Task UsersAreHurt_ItEndsByItself()
    {
        // Nobody stands in: whoever is hit gets an error.
        await using var stage = await StageAsync(more: policy => policy with
        {
            Routes = [.. policy.Routes.Select(route => route with { Ladder = [route.Ladder[0]] })],
            Breaker = new() { ConsecutiveFailures = 1000, MinimumCalls = 1000, Tolerate = null },
        });
        await StartAsync(stage, """{"what":"claude","fault":{"kind":"status","code":500},"for":"1h","why":"practice"}""");
        var statuses = new List<int>();
        for (var i = 0; i < 6; i++) statuses.Add((await CallAsync(stage)).Status);
        Assert.Equal([200, 200, 200], statuses[3..]);
        Assert.DoesNotContain(200, statuses[..3]);
        var past = Assert.Single((await ListAsync(stage))["past"]!.AsArray())!;
        Assert.Equal("the gateway", (string?)past["ended_by"]);
        Assert.StartsWith("users were hurt: 3 of the last 3 calls", (string?)past["ended_why"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task RouteThatIsNotMarked_IsNeverHit()
    {
        await using var stage = await StageAsync(more: policy => policy with { Routes = [.. policy.Routes.Select((route, i) => route with { AllowsChaos = i == 0 })] });
        var refused = await StartAsync(stage, """{"what":"claude","fault":{"kind":"refuse"},"for":"5m","why":"practice"}""");
        Assert.Equal(403, refused.Status);
        Assert.Contains("route 'gpt-*' can go to claude as well", ((string)refused.Json["error"]!["message"]!), StringComparison.Ordinal);
        Assert.Empty((await ListAsync(stage))["experiments"]!.AsArray());
        Assert.Equal("claude/claude-sonnet-4-5", (await CallAsync(stage))["x-understudy-served-by"]);
    }

    [Fact]
    public async Task MarkTakenAwayByAReload_NothingIsHitFromThenOn()
    {
        await using var stage = await StageAsync();
        await StartAsync(stage, """{"what":"claude","fault":{"kind":"refuse"},"for":"5m","why":"practice"}""");
        stage.Gateway.Engine.Apply(stage.Policy with { Routes = [.. stage.Policy.Routes.Select(route => route with { AllowsChaos = false })] });
        Assert.Equal("claude/claude-sonnet-4-5", (await CallAsync(stage))["x-understudy-served-by"]);
    }

    [Theory]
    [InlineData("""{"what":"claude","fault":{"kind":"refuse"},"why":"x"}""", "always has an end")]
    [InlineData("""{"what":"claude","fault":{"kind":"refuse"},"for":"2h","why":"x"}""", "1h at the most")]
    [InlineData("""{"what":"claude","fault":{"kind":"refuse"},"for":"5m"}""", "'why' is missing")]
    [InlineData("""{"what":"cluade","fault":{"kind":"refuse"},"for":"5m","why":"x"}""", "did you mean 'claude'?")]
    [InlineData("""{"what":"all","fault":{"kind":"refuse"},"for":"5m","why":"x"}""", "no provider and no target")]
    [InlineData("""{"what":"claude","fault":{"kind":"hung"},"for":"5m","why":"x"}""", "did you mean 'hang'?")]
    [InlineData("""{"what":"claude","fault":{"kind":"hang","code":500},"for":"5m","why":"x"}""", "not known in a fault 'hang'")]
    [InlineData("""{"what":"claude","fault":{"kind":"status","code":200},"for":"5m","why":"x"}""", "from 400 to 599")]
    [InlineData("""{"what":"claude","fault":"hang","for":"5m","why":"x"}""", "'fault' is missing")]
    [InlineData("""{"what":"claude","fault":{"kind":"hang"},"share":0,"for":"5m","why":"x"}""", "above 0")]
    [InlineData("""{"what":"claude","fault":{"kind":"hang"},"share":"1","for":"5m","why":"x"}""", "above 0")]
    [InlineData("""{"what":"claude","fault":{"kind":"hang"},"route":"claude","for":"5m","why":"x"}""", "There is no route 'claude'")]
    [InlineData("""{"what":"claude","fault":{"kind":"hang"},"shares":1,"for":"5m","why":"x"}""", "did you mean 'share'?")]
    [InlineData("""{"what":"claude","fault":{"kind":"hang"},"at":"2001-01-01T00:00:00Z","for":"5m","why":"x"}""", "'at' must be a time to come")]
    public async Task Mistakes_AreRefused(string body, string says)
    {
        await using var stage = await StageAsync();
        var refused = await StartAsync(stage, body);
        Assert.Equal(400, refused.Status);
        Assert.Contains(says, (string)refused.Json["error"]!["message"]!, StringComparison.Ordinal);
        Assert.True(stage.Gateway.Engine.Chaos.IsQuiet);
    }

    [Fact]
    public async Task WithoutTheToken_NothingOpens()
    {
        await using var stage = await StageAsync();
        Assert.Equal(401, (await RawClient.PostAsync(stage.Url, "/admin/chaos", "{}")).Status);
        Assert.Equal(401, (await RawClient.AskAsync(stage.Url, "DELETE /admin/chaos HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")).Status);
    }
}
