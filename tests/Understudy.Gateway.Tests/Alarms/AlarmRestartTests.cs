using System.Text.Json.Nodes;
using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;
using Understudy.Simulator.Tests.Support;

namespace Understudy.Gateway.Tests.Alarms;

/// <summary>The gateway is restarted while an alarm rings: who has it in hand still has it, and whoever was told hears of its end.</summary>
public sealed class AlarmRestartTests
{
    private const string Token = "admin-token-0123456789";
    private const string Auth = $"authorization: Bearer {Token}\r\n";
    private const string Ask = """{"model":"claude-sonnet-4-5","max_tokens":50,"messages":[{"role":"user","content":"Why?"}]}""";

    private static Task<GatewayStage> StageAsync(ManualTime time, StoreFolder folder, HttpReceiver desk) => GatewayStage.StartAsync(change: (policy, _) => policy with
    {
        AdminToken = Token,
        Store = folder.Store,
        Retry = new() { AttemptsPerTarget = 1 }, // a backoff would wait for a clock that stands
        Alarms = new()
        {
            Receivers = [new WebhookReceiver { Name = "desk", Url = new(desk.Url, "/alarms"), Secret = "whsec-of-the-desk" }],
            Notify = [new() { To = ["desk"], RepeatEvery = TimeSpan.FromMinutes(20) }],
            Rules = AlarmWords.Rules.Where(rule => rule != AlarmRule.ProviderUnavailable).ToDictionary(rule => rule, rule => AlarmRuleModel.Default(rule) with { Enabled = false }),
        },
    }, time: time);

    /// <summary>A gateway whose alarm rings, of which the desk has been told.</summary>
    private static async Task<GatewayStage> RingingAsync(ManualTime time, StoreFolder folder, HttpReceiver desk)
    {
        var stage = await StageAsync(time, folder, desk);
        await BreakAsync(stage);
        Pass(time, 80);
        await desk.UntilAsync(1);
        return stage;
    }

    private static void Pass(ManualTime time, double seconds)
    {
        for (; seconds > 0; seconds -= 5) time.Advance(TimeSpan.FromSeconds(Math.Min(seconds, 5)));
    }

    private static async Task<JsonArray> AlertsAsync(GatewayStage stage) => (await RawClient.AskAsync(stage.Url, $"GET /admin/alerts HTTP/1.1\r\nHost: 127.0.0.1\r\n{Auth}\r\n")).Json["alerts"]!.AsArray();

    private static async Task BreakAsync(GatewayStage stage)
    {
        stage.Claude.Faults.Set("status");
        for (var i = 0; i < 6; i++) Assert.Equal(200, (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask)).Status);
    }

    [Fact]
    public async Task AnAcknowledgedAlarm_StaysInHand_AndItsEndIsTold()
    {
        using var folder = new StoreFolder();
        await using var desk = await HttpReceiver.StartAsync();
        var time = new ManualTime();
        string fired;
        await using (var stage = await RingingAsync(time, folder, desk))
        {
            Assert.Equal(200, (await RawClient.PostAsync(stage.Url, "/admin/alerts/provider_unavailable.claude/ack", """{"why":"on it","by":"rosa"}""", Auth)).Status);
            await desk.UntilAsync(2);
            fired = (string)(await AlertsAsync(stage))[0]!["fired_at"]!;
        }

        await using var later = await StageAsync(time, folder, desk);
        var alarm = Assert.Single(await AlertsAsync(later))!;
        Assert.Equal(("acknowledged", "rosa (127.0.0.1)", "on it", fired), ((string?)alarm["state"], (string?)alarm["acknowledged"]!["by"], (string?)alarm["acknowledged"]!["why"], (string?)alarm["fired_at"]));

        // It is well since: that is told to whoever was told of it by the process before.
        await RawClient.PostAsync(later.Url, "/v1/messages", Ask);
        Pass(time, 300);
        var told = await desk.UntilAsync(3);
        Assert.Equal(["trigger", "acknowledge", "resolve"], told.Select(one => (string?)one.Json["kind"]));
        Assert.Equal((string?)told[0].Json["key"], (string?)told[2].Json["key"]);
        Assert.Empty(await AlertsAsync(later));
    }

    [Fact]
    public async Task AnAlarmThatGoesOn_IsNoNewAlarm_AndIsRepeatedWhenItWasToBe()
    {
        using var folder = new StoreFolder();
        await using var desk = await HttpReceiver.StartAsync();
        var time = new ManualTime();
        await (await RingingAsync(time, folder, desk)).DisposeAsync();

        await using var later = await StageAsync(time, folder, desk);
        await BreakAsync(later);
        Pass(time, 1100);
        Assert.Single(desk.All);
        Pass(time, 110);
        Assert.Equal(["trigger", "repeat"], (await desk.UntilAsync(2)).Select(one => (string?)one.Json["kind"]));
    }

    [Fact]
    public async Task ARuleThatIsSwitchedOffMeanwhile_RingsNoMore()
    {
        using var folder = new StoreFolder();
        await using var desk = await HttpReceiver.StartAsync();
        var time = new ManualTime();
        await (await RingingAsync(time, folder, desk)).DisposeAsync();

        await using var later = await GatewayStage.StartAsync(change: (policy, _) => policy with
        {
            AdminToken = Token,
            Store = folder.Store,
            Alarms = new() { Rules = AlarmWords.Rules.ToDictionary(rule => rule, rule => AlarmRuleModel.Default(rule) with { Enabled = false }) },
        }, time: time);
        Pass(time, 5);
        Assert.Empty(await AlertsAsync(later));
    }
}
