using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Understudy.Configuration;
using Understudy.ControlRoom.Tests.Support;
using Understudy.Deferral;
using Understudy.Gateway.Tests.Support;
using static Understudy.ControlRoom.Tests.Support.RoomPage;

namespace Understudy.ControlRoom.Tests;

/// <summary>The panels beside the stage in a real browser: deferred work, drills, earlier calls, what was captured.</summary>
public sealed class PanelTests(Chromium chromium) : IClassFixture<Chromium>, IDisposable
{
    private static readonly LocatorAssertionsToContainTextOptions Patiently = new() { Timeout = 20_000 };

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Calls of Claude's models have nobody but Claude, and later; others go to OpenAI.</summary>
    private Task<RoomStage> DeferringAsync() => RoomStage.StartAsync(traffic: false, policy => policy with
    {
        Store = _folder.Store,
        Routes =
        [
            policy.Routes[0] with { Ladder = [policy.Routes[0].Ladder[0], new DeferRung()] },
            policy.Routes[0] with { Name = "gpt-*", Match = ["gpt-*"], Ladder = [policy.Routes[0].Ladder[1]] },
        ],
    });

    private static async Task KillAsync(RoomPage room)
    {
        await PressAsync(room.Card("claude").GetByRole(AriaRole.Button, new() { Name = "Kill" }));
        await room.Page.Keyboard.PressAsync("Enter");
        await Expect(room.Card("claude").Locator(".state")).ToHaveTextAsync("killed", new() { Timeout = 20_000 });
    }

    private static async Task ReviveAsync(RoomPage room)
    {
        await PressAsync(room.Page.Locator(".notice.ordered").GetByRole(AriaRole.Button, new() { Name = "Revive" }));
        await room.Page.Keyboard.PressAsync("Enter");
    }

    private static Task<string> FetchAsync(RoomPage room, string path) => room.Page.EvaluateAsync<string>("async (path) => (await fetch(path)).text()", path);

    /// <summary>Reaches a button without a mouse.</summary>
    private static async Task PressAsync(ILocator button)
    {
        await button.FocusAsync();
        await button.PressAsync("Enter");
    }

    // Deferred work.

    [Fact]
    public async Task WorkWaitsForAProviderThatIsOut_AndTheHeadlineSaysSo_WhoeverElseIsServed()
    {
        await using var stage = await DeferringAsync();
        await using var room = await chromium.OpenAsync(stage);
        var because = room.Page.Locator(".because");
        await room.EnterAsync("ana");
        await Expect(room.Says).ToHaveTextAsync("Ready");
        await KillAsync(room);
        for (var i = 0; i < 3; i++) await stage.DeferAsync($"Question {i}?");
        await Expect(room.Says).ToHaveTextAsync("Work waits", new() { Timeout = 20_000 });
        await Expect(because).ToContainTextAsync("3 pieces of deferred work wait", Patiently);
        await Expect(room.Page.Locator(".deferred")).ToContainTextAsync("3 pieces wait", Patiently);
        await Expect(room.Page.Locator(".deferred li")).ToContainTextAsync("claude-*");

        // All who call now are served by whom they meant: the work still waits, and somebody misses Claude.
        stage.BeginTraffic("gpt-5");
        await Expect(room.Says).ToHaveTextAsync("Serving — by openai", new() { Timeout = 20_000 });
        await Expect(because).ToContainTextAsync("Claude is killed; 3 pieces of deferred work wait", Patiently);
        await Expect(room.Page.Locator(".hero")).Not.ToContainTextAsync("in their place");
        await Expect(room.Page.Locator(".hero")).Not.ToContainTextAsync("nobody misses");

        await ReviveAsync(room);
        await Expect(because).ToHaveTextAsync("Everyone in their place.", new() { Timeout = 40_000 });
        await Expect(room.Page.Locator(".deferred")).ToHaveCountAsync(0, new() { Timeout = 20_000 });
        Assert.Equal(3, stage.Claude.Stats.Calls);
        Assert.DoesNotContain("Question 1?", room.Received, StringComparison.Ordinal);
        Assert.Empty(room.Complaints);
    }

    [Fact]
    public async Task ARoutesWork_IsCancelledByAnAdmin_AndOnePieceByItsOwner()
    {
        await using var stage = await DeferringAsync();
        await using var eve = await chromium.OpenAsync(stage);
        await using var room = await chromium.OpenAsync(stage);
        await room.EnterAsync("ana");
        await eve.EnterAsync("eve");
        await KillAsync(room);
        string[] ids = [await stage.DeferAsync("One?"), await stage.DeferAsync("Two?"), await stage.DeferAsync("Three?")];
        await Expect(room.Page.Locator(".deferred")).ToContainTextAsync("3 pieces wait", Patiently);
        Assert.Equal("cancelled", await stage.DeferredAsync(ids[0], takeBack: true));
        await Expect(room.Page.Locator(".deferred")).ToContainTextAsync("2 pieces wait", Patiently);
        await Expect(eve.Page.Locator(".deferred")).ToContainTextAsync("2 pieces wait", Patiently);
        await Expect(eve.Page.Locator(".deferred button")).ToHaveCountAsync(0);

        var sheet = room.Page.GetByRole(AriaRole.Dialog);
        await PressAsync(room.Page.Locator(".deferred").GetByRole(AriaRole.Button, new() { Name = "Cancel" }));
        await Expect(sheet).ToContainTextAsync("Cancel what waits on claude-*");
        await room.Page.Keyboard.PressAsync("Escape");
        Assert.Equal("waiting", await stage.DeferredAsync(ids[1]));
        while (stage.Gateway.Engine.Deferral.Tally.Count(DeferredState.Running) > 0) await Task.Yield(); // the piece that looks whether somebody can be asked is not cancelled with the others

        await PressAsync(room.Page.Locator(".deferred").GetByRole(AriaRole.Button, new() { Name = "Cancel" }));
        await room.Page.Keyboard.TypeAsync("not needed any more");
        await room.Page.Keyboard.PressAsync("Enter");
        await Expect(room.Page.Locator("#said")).ToHaveTextAsync("2 pieces of work on claude-* were cancelled.", new() { Timeout = 20_000 });
        await Expect(room.Page.Locator(".deferred")).ToHaveCountAsync(0, new() { Timeout = 20_000 });
        await Expect(room.Page.Locator(".log")).ToContainTextAsync("2 pieces of deferred work of claude-* were cancelled by ana (127.0.0.1): not needed any more", Patiently);
        foreach (var id in ids) Assert.Equal("cancelled", await stage.DeferredAsync(id));
        await ReviveAsync(room);
        await Expect(room.Page.Locator(".notice.ordered")).ToHaveCountAsync(0, new() { Timeout = 20_000 });
        Assert.Equal(0, stage.Claude.Stats.Calls);
        Assert.Empty(room.Complaints);
    }

    // Drills.

    [Fact]
    public async Task ADrill_IsStartedFromThePage_AndItsReportIsRead()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var stage = await RoomStage.StartAsync(
            traffic: false,
            policy => policy with { Store = _folder.Store, Drills = new() { Every = TimeSpan.FromHours(24), Scenarios = ["hard-down", "brownout"], Answered = 0.9 } },
            async (scenario, cancellationToken) =>
            {
                await go.Task.WaitAsync(cancellationToken);
                return (new() { Calls = 100, Answered = scenario == "brownout" ? 80 : 95, MinutesToDetect = 0.5 }, $$"""{"form":"understudy.drill/1","scenario":"{{scenario}}"}""");
            });
        await using var eve = await chromium.OpenAsync(stage);
        await eve.EnterAsync("eve");
        await Expect(eve.Page.Locator(".rehearsals")).ToContainTextAsync("No drill yet; the first in", Patiently);
        await Expect(eve.Page.Locator(".rehearsals button")).ToHaveCountAsync(0);

        await using var room = await chromium.OpenAsync(stage);
        await room.EnterAsync("ana");
        var panel = room.Page.Locator(".rehearsals");
        var now = panel.GetByRole(AriaRole.Button, new() { Name = "Drill now" });
        await PressAsync(now);
        await Expect(room.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Drill the policy in force");
        await room.Page.Keyboard.PressAsync("Enter");
        await Expect(room.Page.Locator("#said")).ToHaveTextAsync("2 drills run now.", new() { Timeout = 20_000 });
        await Expect(panel).ToContainTextAsync("The first drill runs.", Patiently);
        await Expect(now).ToBeDisabledAsync(new() { Timeout = 20_000 });

        go.SetResult();
        await Expect(panel.Locator("li", new() { HasText = "hard-down" })).ToContainTextAsync("yes: 95 % of calls got a whole answer; noticed in 30 s", Patiently);
        await Expect(panel.Locator("li", new() { HasText = "brownout" })).ToContainTextAsync("no: 80 % of calls got a whole answer, 90 % is wanted", Patiently);
        await Expect(panel.Locator("li").First).ToContainTextAsync("by ana (127.0.0.1)");
        await Expect(now).ToBeEnabledAsync(new() { Timeout = 20_000 });
        // The policy would not survive one of them: that rings.
        await Expect(room.Page.Locator(".notice", new() { HasText = "drill failed" })).ToContainTextAsync("brownout", Patiently);
        var listed = JsonNode.Parse(await FetchAsync(room, "/admin/drills"))!["drills"]!.AsArray();
        Assert.Equal(["brownout", "hard-down"], listed.Select(one => (string?)one!["scenario"]));
        Assert.Equal("brownout", (string?)JsonNode.Parse(await FetchAsync(room, $"/admin/drills/{(string?)listed[0]!["id"]}"))!["report"]!["scenario"]);
        Assert.Empty(room.Complaints);
    }

    // Calls of before.

    [Fact]
    public async Task EarlierCalls_AreThereAfterARestart_PageByPage_AndOneIsFoundByItsId()
    {
        var ids = new List<string>();
        await using (var before = await RoomStage.StartAsync(traffic: false, policy => policy with { Store = _folder.Store }))
        {
            for (var i = 0; i < 30; i++) ids.Add((await before.CallAsync()).Id);
        }

        await using var stage = await RoomStage.StartAsync(traffic: false, policy => policy with { Store = _folder.Store });
        await using var room = await chromium.OpenAsync(stage);
        await room.EnterAsync("eve");
        var panel = room.Page.Locator(".calls");
        var rows = panel.Locator("tbody tr");
        await Expect(panel).ToContainTextAsync("No calls yet.", Patiently);
        var earlier = panel.GetByRole(AriaRole.Button, new() { Name = "Earlier calls" });
        foreach (var count in (int[])[12, 12, 6])
        {
            await PressAsync(earlier);
            await Expect(panel.GetByRole(AriaRole.Status)).ToContainTextAsync("Go on for now.", Patiently);
            await Expect(rows).ToHaveCountAsync(count, new() { Timeout = 20_000 });
            await Expect(earlier).ToBeEnabledAsync();
        }

        // The oldest of all is the last of the last page.
        await PressAsync(rows.Last.Locator(".pick"));
        await Expect(panel.Locator(".story")).ToContainTextAsync(ids[0], Patiently);
        await PressAsync(earlier);
        await Expect(panel.GetByRole(AriaRole.Status)).ToHaveTextAsync("Nothing earlier is kept.", new() { Timeout = 20_000 });

        await panel.GetByLabel("The id of a call").FillAsync(ids[17]);
        await room.Page.Keyboard.PressAsync("Enter");
        await Expect(panel.Locator(".story")).ToContainTextAsync(ids[17], Patiently);
        // As it was written down: this process has asked nobody for that model yet.
        await Expect(panel.Locator(".story")).ToContainTextAsync("asked for claude-sonnet-4-5");
        await Expect(panel.Locator(".story")).ToContainTextAsync("Served by claude/claude-sonnet-4-5");
        await Expect(panel.Locator(".story")).ToContainTextAsync("claude/claude-sonnet-4-5 answered");
        await Expect(rows.First).ToContainTextAsync("claude-sonnet-4-5");
        await panel.GetByLabel("The id of a call").FillAsync("us_0000000000000000");
        await room.Page.Keyboard.PressAsync("Enter");
        await Expect(panel.GetByRole(AriaRole.Status)).ToContainTextAsync("No call of that id is known", Patiently);

        // And back to what goes on now.
        await PressAsync(panel.GetByRole(AriaRole.Button, new() { Name = "Go on" }));
        var (id, _) = await stage.CallAsync();
        await Expect(rows).ToHaveCountAsync(1, new() { Timeout = 20_000 });
        await PressAsync(rows.First.Locator(".pick"));
        await Expect(panel.Locator(".story")).ToContainTextAsync(id, Patiently);
        Assert.Empty(room.Complaints);
    }

    // What was captured.

    [Fact]
    public async Task WhatWasSaid_IsReadByAnAdminAlone_Redacted_AndThatIsWrittenDown()
    {
        await using var stage = await RoomStage.StartAsync(traffic: false, policy => policy with { Store = _folder.Store, Routes = [.. policy.Routes.Select(route => route with { Capture = new() })] });
        var kept = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        stage.Gateway.Engine.Captures.Ended += (_, isKept) => kept.TrySetResult(isKept);
        var (id, _) = await stage.CallAsync(prompt: "PLANTED words for ana@example.com <script>document.title='broken in'</script>");
        Assert.True(await kept.Task.WaitAsync(TestContext.Current.CancellationToken));

        await using var eve = await chromium.OpenAsync(stage);
        await eve.EnterAsync("eve");
        await PressAsync(eve.Page.Locator(".pick").First);
        await Expect(eve.Page.Locator(".story")).ToContainTextAsync(id, Patiently);
        await Expect(eve.Page.Locator("[data-capture]")).ToHaveCountAsync(0);
        Assert.DoesNotContain("PLANTED", await FetchAsync(eve, $"/admin/captures/{id}"), StringComparison.Ordinal);

        await using var room = await chromium.OpenAsync(stage);
        await room.EnterAsync("ana");
        await PressAsync(room.Page.Locator(".pick").First);
        await PressAsync(room.Page.Locator(".story [data-capture]"));
        var said = room.Page.GetByRole(AriaRole.Dialog);
        await Expect(said).ToContainTextAsync("PLANTED words for [redacted: e-mail]", Patiently);
        await Expect(said).ToContainTextAsync("1 place was redacted before it was kept. That you read it is in the audit.");
        await Expect(said).ToContainTextAsync("<script>document.title");
        await Expect(said.Locator("script")).ToHaveCountAsync(0);
        await PressAsync(said.GetByRole(AriaRole.Button, new() { Name = "Close" }));
        await Expect(said).ToBeHiddenAsync();
        await Expect(room.Page.Locator(".log")).ToContainTextAsync($"what was said in the call {id} was read by ana (127.0.0.1)", Patiently);
        Assert.DoesNotContain("broken in", await room.Page.TitleAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("PLANTED", room.Received + eve.Received, StringComparison.Ordinal);
        Assert.Empty(room.Complaints);
    }
}
