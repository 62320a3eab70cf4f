using Understudy.CircuitBreaker;
using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;
using Understudy.Observation;
using Understudy.Simulator.Tests.Support;

namespace Understudy.Gateway.Tests;

/// <summary>What an operator does while calls are under way, and what the breakers do by themselves, seen from outside.</summary>
public sealed class OperationTests
{
    private const string Ask = """{"model":"claude-sonnet-4-5","max_tokens":500,"stream":true,"messages":[{"role":"user","content":"Why does the curtain rise again?"}]}""";

    [Fact]
    public async Task Reload_DropsNoCallUnderWay_AndNewCallsFollowTheNewPolicy()
    {
        await using var stage = await GatewayStage.StartAsync();
        var holds = Enumerable.Range(1, 4).Select(call => stage.Claude.Gate.PauseCall(call, call)).ToArray();
        var underWay = Enumerable.Range(0, 4).Select(_ => Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream: true)).ToArray();
        await Task.WhenAll(holds.Select(hold => hold.Reached));

        // Claude is gone from the new policy altogether.
        stage.Gateway.Engine.Apply(stage.Policy with
        {
            Providers = [.. stage.Policy.Providers.Skip(1)],
            Routes = [stage.Route("*", GatewayStage.Patient, ("openai", "gpt-4o"))],
        });
        Assert.Equal(GatewayStage.Whole(), (await Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream: true)).Text);
        Assert.Equal((4, 1), (stage.Claude.Stats.Calls, stage.OpenAI.Stats.Calls));

        foreach (var hold in holds) hold.Release();
        Assert.All(await Task.WhenAll(underWay), answer => Assert.Equal(GatewayStage.Whole(), answer.Text));
        Assert.Equal((4, 1), (stage.Claude.Stats.Calls, stage.OpenAI.Stats.Calls));
    }

    [Fact]
    public async Task ReloadDuringACut_TheCallGoesOnByThePolicyItBeganWith()
    {
        await using var stage = await GatewayStage.StartAsync(change: (policy, _) => policy with { Retry = policy.Retry with { AttemptsPerTarget = 1 } });
        stage.Claude.Faults.Set("cut", after: 5);
        using var hold = stage.Claude.Gate.PauseNextCall(4);
        var underWay = Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream: true);
        await hold.Reached;
        stage.Gateway.Engine.Apply(stage.Policy with { Kill = new(["all"]) });
        hold.Release();
        Assert.Equal(GatewayStage.Whole(), (await underWay).Text);
        Assert.Equal((1, 1), (stage.Claude.Stats.Calls, stage.OpenAI.Stats.Calls));
    }

    [Fact]
    public async Task Draining_CallsUnderWayEnd_NewOnesAreTurnedAwayWithAWait()
    {
        await using var stage = await GatewayStage.StartAsync();
        using var hold = stage.Claude.Gate.PauseNextCall(3);
        var underWay = Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream: true);
        await hold.Reached;

        var draining = stage.Gateway.DrainAsync(TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken);
        var ready = await RawClient.AskAsync(stage.Url, "GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        Assert.Equal((503, "draining"), (ready.Status, (string?)ready.Json["status"]));
        Assert.Equal(200, (await RawClient.AskAsync(stage.Url, "GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")).Status);
        var openai = await RawClient.PostAsync(stage.Url, "/v1/chat/completions", """{"model":"gpt-4o","messages":[]}""");
        openai.OpenAIError(503, "server_error");
        Assert.Equal("1", openai["retry-after"]);
        var anthropic = await RawClient.PostAsync(stage.Url, "/v1/messages", Ask);
        anthropic.AnthropicError(529, "api_error");
        Assert.Equal("1", anthropic["retry-after"]);
        Assert.Null(anthropic["x-should-retry"]); // a retry does help: another gateway takes it
        Assert.False(draining.IsCompleted);

        hold.Release();
        Assert.Equal(GatewayStage.Whole(), (await underWay).Text);
        Assert.True(await draining);
        Assert.Equal(1, stage.Received);
        await Assert.ThrowsAnyAsync<System.Net.Sockets.SocketException>(() => RawClient.ConnectAsync(stage.Url));
    }

    [Fact]
    public async Task Draining_BeyondItsPatience_CutsOffWhatStillRuns_AndSaysSo()
    {
        var time = new ManualTime();
        await using var stage = await GatewayStage.StartAsync(time: time);
        using var hold = stage.Claude.Gate.PauseNextCall(3);
        using var client = await RawClient.ConnectAsync(stage.Url);
        await client.SendAsync(RawClient.Post("/v1/messages", Ask.Length) + Ask);
        await client.ReadToAsync("text_delta");

        var draining = stage.Gateway.DrainAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.False(await draining);
        await stage.Claude.Stats.WaitUntilAsync(stats => stats.Aborted == 1, TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<IOException>(() => client.ReadToAsync("message_stop")); // no false end
    }

    [Theory]
    [InlineData("claude", 0, 1, 0)]
    [InlineData("claude/claude-sonnet-4-5", 0, 1, 0)]
    [InlineData("claude,openai/gpt-4o", 0, 0, 1)]
    [InlineData("CLAUDE, openai", 0, 0, 1)]
    [InlineData("openai", 1, 0, 0)]
    public async Task KilledTarget_ReceivesNothing_AndTheOthersServe(string kill, int claude, int openai, int spare)
    {
        await using var stage = await GatewayStage.StartAsync();
        stage.Gateway.Engine.Apply(stage.Policy with { Kill = KillSwitch.Parse(kill) });
        Assert.Equal(GatewayStage.Whole(), (await Sdk.AskAsync(Vendor.Anthropic, stage.Url, stream: true)).Text);
        Assert.Equal((claude, openai, spare), (stage.Claude.Stats.Calls, stage.OpenAI.Stats.Calls, stage.Spare.Stats.Calls));
        Assert.All(stage.Providers, provider => Assert.DoesNotContain(provider.Stats.Requests, request => request.Number == 0)); // no probe either
    }

    [Fact]
    public async Task EverythingKilled_ACleanError_AndNobodyIsAsked_UntilRevived()
    {
        await using var stage = await GatewayStage.StartAsync();
        stage.Gateway.Engine.Apply(stage.Policy with { Kill = KillSwitch.Parse("all") });
        (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask)).AnthropicError(529, "api_error");
        Assert.Equal(0, stage.Received);
        stage.Gateway.Engine.Apply(stage.Policy);
        Assert.Equal(200, (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask)).Status);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("refuse")]
    [InlineData("garbage")]
    public async Task FiveFailures_OpenTheBreaker_AndTheRecoveredProviderIsUsedAgain(string fault)
    {
        var time = new ManualTime();
        await using var stage = await GatewayStage.StartAsync(time: time, change: (policy, _) => policy with
        {
            Retry = policy.Retry with { AttemptsPerTarget = 1 },
            Breaker = new() { ProbeTimeout = TimeSpan.FromHours(1) }, // time is moved by hand, and sockets take their own
        });
        stage.Claude.Faults.Set(fault);
        async Task<string?> ServedByAsync()
        {
            var response = await RawClient.PostAsync(stage.Url, "/v1/messages", Ask);
            Assert.Equal(200, response.Status);
            return response["x-understudy-served-by"];
        }

        // 1. It fails five times, and nobody notices.
        for (var call = 1; call <= 5; call++) Assert.Equal("openai/gpt-4o", await ServedByAsync());
        Assert.Equal(5, stage.Claude.Stats.Calls);

        // 2. It receives nothing more.
        for (var call = 1; call <= 10; call++) Assert.Equal("openai/gpt-4o", await ServedByAsync());
        Assert.Equal(5, stage.Claude.Stats.Calls);
        Assert.Equal(BreakerState.Open, Breaker(stage).State);

        // 3. Still ill when it is probed: no user's call pays for finding that out.
        Assert.NotNull((await ProbedAsync(stage, time)).Failure);
        Assert.Equal("openai/gpt-4o", await ServedByAsync());
        Assert.Equal(6, stage.Claude.Stats.Calls);

        // 4. Well again: probed, tried with a share, and used again, without anybody's hand.
        stage.Claude.Faults.Clear();
        for (var probe = 1; probe <= 3; probe++) Assert.Null((await ProbedAsync(stage, time)).Failure);
        Assert.Equal(BreakerState.HalfOpen, Breaker(stage).State);
        for (var call = 0; call < 100 && Breaker(stage).State == BreakerState.HalfOpen; call++)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            Assert.Contains(await ServedByAsync(), (string?[])["claude/claude-sonnet-4-5", "openai/gpt-4o"]);
        }

        Assert.Equal(BreakerState.Closed, Breaker(stage).State);
        Assert.Equal("claude/claude-sonnet-4-5", await ServedByAsync());
        Assert.All(stage.Records, record => Assert.Equal(CallOutcome.Answered, record.Outcome));
    }

    [Fact]
    public async Task OpenBreaker_WithNobodyElse_ACleanErrorWithTheWait_AndNobodyIsAsked()
    {
        var time = new ManualTime();
        await using var stage = await GatewayStage.StartAsync(time: time, change: (policy, stage) => policy with
        {
            Retry = policy.Retry with { BudgetFloorPerSecond = 0, BudgetRatio = 0 },
            Routes = [stage.Route("*", GatewayStage.Patient, ("claude", null))],
        });
        stage.Claude.Faults.Set("status");
        await RawClient.PostAsync(stage.Url, "/v1/messages", Ask);
        while (Breaker(stage).State == BreakerState.Closed) await RawClient.PostAsync(stage.Url, "/v1/messages", Ask);
        var calls = stage.Claude.Stats.Calls;
        time.Advance(TimeSpan.FromSeconds(20));
        var response = await RawClient.PostAsync(stage.Url, "/v1/messages", Ask);
        response.AnthropicError(529, "api_error");
        Assert.Equal("20", response["retry-after"]); // probed at once now that it is missed, and again twice
        Assert.Equal("0", response["x-understudy-attempts"]);
        Assert.Equal(calls, stage.Claude.Stats.Calls);
    }

    [Fact]
    public async Task ProviderThatAsksForALongRest_GetsIt()
    {
        var time = new ManualTime();
        await using var stage = await GatewayStage.StartAsync(time: time);
        stage.Claude.Faults.Set(new Simulator.Faults.FaultSpec { Kind = "status", Code = 529, RetryAfter = 30, Times = 1 });
        for (var call = 0; call < 3; call++) Assert.Equal(200, (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask)).Status);
        Assert.Equal((1, 3), (stage.Claude.Stats.Calls, stage.OpenAI.Stats.Calls));
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(200, (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask)).Status);
        Assert.Equal(2, stage.Claude.Stats.Calls);
    }

    /// <summary>Moves time to the next probe and waits for its end.</summary>
    private static async Task<ProbeRecord> ProbedAsync(GatewayStage stage, ManualTime time)
    {
        var ended = new TaskCompletionSource<ProbeRecord>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Take(ProbeRecord probe) => ended.TrySetResult(probe);
        stage.Gateway.Engine.Journal.ProbeEnded += Take;
        time.Advance(Breaker(stage).NextProbe!.Value * 1.2);
        var probe = await ended.Task;
        stage.Gateway.Engine.Journal.ProbeEnded -= Take;
        return probe;
    }

    private static Breaker Breaker(GatewayStage stage) => stage.Gateway.Engine.Targets.All.Single(target => target.Target.Name == "claude/claude-sonnet-4-5").Breaker;
}
