using System.Text.Json.Nodes;
using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;
using Understudy.Observation;
using Understudy.Rehearsals;
using Understudy.Simulator.Tests.Support;

namespace Understudy.Gateway.Tests;

/// <summary>Drills of the policy by a schedule: when they are run, what is kept, and who hears of a policy that would not survive.</summary>
public sealed class DrillScheduleTests : IDisposable
{
    private const string Token = "admin-token-0123456789";
    private const string Auth = $"authorization: Bearer {Token}\r\n";

    private readonly StoreFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly Queue<string> _run = [];
    private int _answered = 100;
    private string? _trouble;

    public void Dispose() => _folder.Dispose();

    private async Task<GatewayServer> StartAsync(Journal journal, DrillsModel? drills = null)
    {
        var policy = new Policy
        {
            Listen = "127.0.0.1:0",
            AdminToken = Token,
            Store = _folder.Store,
            Providers = [new() { Name = "claude", Protocol = Calls.WireProtocol.AnthropicMessages, BaseUrl = new("http://127.0.0.1:9") }],
            Routes = [new() { Name = "all", Match = ["*"], Ladder = [new TargetRung { Targets = [] }] }],
            Drills = drills ?? new() { Every = TimeSpan.FromHours(24), Scenarios = ["hard-down", "brownout"], Answered = 0.9, Keep = 5 },
        };
        return await GatewayServer.StartAsync(policy, new() { Time = _time, Journal = journal, Rehearse = Rehearse }, TestContext.Current.CancellationToken);

        Task<(RehearsalFinding, string?)> Rehearse(string scenario, CancellationToken cancellationToken)
        {
            lock (_run) _run.Enqueue(scenario);
            return Task.FromResult<(RehearsalFinding, string?)>((new() { Calls = 100, Answered = _answered, Usd = 1.5m, MinutesToDetect = 0.25, Trouble = _trouble }, $$"""{"form":"understudy.drill/1","scenario":"{{scenario}}"}"""));
        }
    }

    private static async Task<JsonObject> GetAsync(GatewayServer gateway, string path) => (await RawClient.AskAsync(gateway.BaseUrl, $"GET /admin/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{Auth}\r\n")).Json;

    /// <summary>Lets the clock go on, and waits for so many drills to end.</summary>
    private async Task PassAsync(Journal journal, TimeSpan span, int drills)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = drills;
        void Hear(Happening happening)
        {
            if (happening.Kind == "drill" && Interlocked.Decrement(ref left) == 0) ended.SetResult();
        }

        journal.Happened += Hear;
        _time.Advance(span);
        if (drills > 0) await ended.Task.WaitAsync(TestContext.Current.CancellationToken);
        journal.Happened -= Hear;
    }

    [Fact]
    public async Task ByTheSchedule_OneAfterTheOther_WithTheReportsKeptOverARestart()
    {
        var journal = new Journal();
        await using (var gateway = await StartAsync(journal))
        {
            await PassAsync(journal, TimeSpan.FromMinutes(9), 0);
            Assert.Empty(_run);
            await PassAsync(journal, TimeSpan.FromMinutes(2), 2);
            Assert.Equal(["hard-down", "brownout"], _run);
            await PassAsync(journal, TimeSpan.FromHours(23), 0);
            Assert.Equal(2, _run.Count);
        }

        await using var later = await StartAsync(journal);
        var list = await GetAsync(later, "drills");
        Assert.Equal(["drill-2 brownout True 1", "drill-1 hard-down True 1"], list["drills"]!.AsArray().Select(one => $"{one!["id"]} {one["scenario"]} {(bool)one["survived"]!} {one["answered"]}"));
        Assert.Equal("brownout", (string?)(await GetAsync(later, "drills/drill-2"))["report"]!["scenario"]);
        await PassAsync(journal, TimeSpan.FromMinutes(61), 2); // a day after the last, not after the start
        await PassAsync(journal, TimeSpan.FromHours(25), 2);
        Assert.Equal(["drill-6", "drill-5", "drill-4", "drill-3", "drill-2"], (await GetAsync(later, "drills"))["drills"]!.AsArray().Select(one => (string?)one!["id"]));
    }

    [Fact]
    public async Task APolicyThatWouldNotSurvive_Rings_UntilItWould()
    {
        var journal = new Journal();
        await using var gateway = await StartAsync(journal);
        _answered = 80;
        await PassAsync(journal, TimeSpan.FromMinutes(11), 2);
        var alerts = (await GetAsync(gateway, "alerts"))["alerts"]!.AsArray();
        Assert.Equal(["drill_failed.brownout", "drill_failed.hard-down"], alerts.Select(one => (string?)one!["id"]).Order());
        Assert.Contains("the policy would not survive hard-down: 80 % of 100 calls got a whole answer, 90 % is wanted", alerts.Select(one => (string?)one!["text"]));
        _answered = 95;
        await PassAsync(journal, TimeSpan.FromHours(25), 2);
        Assert.Empty((await GetAsync(gateway, "alerts"))["alerts"]!.AsArray());
    }

    /// <summary>Fewer are kept than the schedule has: still the last of each counts, and the schedule keeps its time.</summary>
    [Fact]
    public async Task TheLastOfEach_IsKept_HoweverFewAre()
    {
        var journal = new Journal();
        await using var gateway = await StartAsync(journal, new() { Every = TimeSpan.FromHours(24), Scenarios = ["hard-down", "brownout", "slow"], Answered = 0.9, Keep = 1 });
        _answered = 80;
        await PassAsync(journal, TimeSpan.FromMinutes(11), 3);
        Assert.Equal(3, (await GetAsync(gateway, "alerts"))["alerts"]!.AsArray().Count);

        _answered = 95;
        // A drill of this test is over before the request is.
        for (var i = 0; i < 3; i++) Assert.Equal(202, (await RawClient.PostAsync(gateway.BaseUrl, "/admin/drills", """{"scenario":"slow","by":"rosa"}""", Auth)).Status);

        Assert.Equal(["drill_failed.brownout", "drill_failed.hard-down"], (await GetAsync(gateway, "alerts"))["alerts"]!.AsArray().Select(one => (string?)one!["id"]).Order());
        Assert.Equal(["drill-6", "drill-3", "drill-2", "drill-1"], (await GetAsync(gateway, "drills"))["drills"]!.AsArray().Select(one => (string?)one!["id"]));
        await PassAsync(journal, TimeSpan.FromHours(23), 0);
        Assert.Equal(6, _run.Count);
    }

    [Fact]
    public async Task WhatCannotBeRun_IsNoSurvival_AndHoldsNothingUp()
    {
        var journal = new Journal();
        await using var gateway = await StartAsync(journal);
        _trouble = "it ended with 1";
        await PassAsync(journal, TimeSpan.FromMinutes(11), 2);
        Assert.Contains(journal.Recent, happening => happening is { Kind: "drill", Subject: "brownout" } && happening.Text.Contains("could not be run: it ended with 1", StringComparison.Ordinal));
        Assert.Equal(2, (await GetAsync(gateway, "alerts"))["alerts"]!.AsArray().Count);
    }

    [Fact]
    public async Task AnOperator_RunsOneNow_AndOnlyWhatThePolicyNames()
    {
        var journal = new Journal();
        await using var gateway = await StartAsync(journal);
        Assert.Equal(400, (await RawClient.PostAsync(gateway.BaseUrl, "/admin/drills", """{"scenario":"hard-dawn"}""", Auth)).Status);
        var ended = new TaskCompletionSource<Happening>(TaskCreationOptions.RunContinuationsAsynchronously);
        journal.Happened += happening =>
        {
            if (happening.Kind == "drill") ended.TrySetResult(happening);
        };
        Assert.Equal(202, (await RawClient.PostAsync(gateway.BaseUrl, "/admin/drills", """{"scenario":"HARD-down","by":"rosa"}""", Auth)).Status);
        Assert.Contains("wanted by rosa (127.0.0.1): the policy survives HARD-down: 100 % of 100 calls", (await ended.Task.WaitAsync(TestContext.Current.CancellationToken)).Text, StringComparison.Ordinal);
        Assert.Single(_run);
        // The schedule keeps its own time.
        await PassAsync(journal, TimeSpan.FromMinutes(11), 2);
    }

    [Fact]
    public async Task WithoutASchedule_NothingIsRun()
    {
        var journal = new Journal();
        await using var gateway = await StartAsync(journal, new());
        await PassAsync(journal, TimeSpan.FromDays(3), 0);
        Assert.Empty(_run);
        Assert.Equal(400, (await RawClient.PostAsync(gateway.BaseUrl, "/admin/drills", "{}", Auth)).Status);
    }
}
