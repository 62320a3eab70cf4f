using Microsoft.Playwright;
using Understudy.Configuration;
using Understudy.ControlRoom.Tests.Support;
using static Understudy.ControlRoom.Tests.Support.RoomPage;

namespace Understudy.ControlRoom.Tests;

/// <summary>A person at the inbox in a real browser, and a caller who waits for the answer.</summary>
public sealed class InboxTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static readonly LocatorAssertionsToContainTextOptions Patiently = new() { Timeout = 20_000 };

    private static Task<RoomStage> StageAsync() => RoomStage.StartAsync(traffic: false, change: policy => policy with
    {
        Kill = new(["all"]),
        Routes = [.. policy.Routes.Select(route => route with { Ladder = [.. route.Ladder, new HumanRung { Inbox = "support", Degraded = true }] })],
        Operators = [.. policy.Operators, policy.Operators[0] with { Name = "olga", Role = OperatorRole.Operator, Inboxes = ["sales"] }],
    });

    private static async Task OpenAsync(RoomPage room, string name)
    {
        await room.EnterAsync(name);
        await room.Page.GetByRole(AriaRole.Button, new() { Name = "Open the inbox" }).FocusAsync();
        await room.Page.Keyboard.PressAsync("Enter");
    }

    [Fact]
    public async Task AQuestionComes_APersonAnswers_TheCallerHasIt_AndNothingOfItWentThroughTheRoom()
    {
        await using var stage = await StageAsync();
        await using var room = await chromium.OpenAsync(stage);
        await OpenAsync(room, "ana");
        var desk = room.Page.GetByRole(AriaRole.Dialog);
        await Expect(desk).ToContainTextAsync("Nobody waits.", Patiently);

        var asking = stage.AskAsync();
        await Expect(desk.GetByLabel("The question", new() { Exact = true })).ToHaveTextAsync(RoomStage.Prompt, new() { Timeout = 20_000 });
        await Expect(desk).ToContainTextAsync("is switched off", Patiently);
        await desk.GetByLabel("Your answer").FocusAsync();
        await room.Page.Keyboard.TypeAsync("PLANTED-answer: at eight. <b>Really</b>");
        await Expect(desk).ToContainTextAsync("yours until", Patiently);
        Assert.Equal("ana (127.0.0.1)", Assert.Single(stage.Gateway.Engine.Inboxes.Waiting).Claim?.Who);
        await room.Page.GetByRole(AriaRole.Button, new() { Name = "Send the answer" }).FocusAsync();
        await room.Page.Keyboard.PressAsync("Enter");
        await Expect(desk).ToContainTextAsync("Sent: the caller has your answer.", Patiently);
        Assert.Contains("PLANTED-answer: at eight. <b>Really</b>", System.Text.RegularExpressions.Regex.Unescape(await asking), StringComparison.Ordinal);
        await Expect(desk).ToContainTextAsync("Nobody waits.", Patiently);
        Assert.DoesNotContain("PLANTED", room.Received, StringComparison.Ordinal); // only by the admin API
        Assert.Empty(room.Complaints);
    }

    [Fact]
    public async Task WhatACallerWrote_IsText_AndCanBeClosedWithAWord()
    {
        await using var stage = await StageAsync();
        await using var room = await chromium.OpenAsync(stage, ColorScheme.Dark, phone: true);
        await OpenAsync(room, "ana");
        using var http = new HttpClient();
        using var body = new StringContent("""{"model":"claude-sonnet-4-5","max_tokens":64,"messages":[{"role":"user","content":"<img src=x onerror=\"document.title='broken in'\"><script>document.title='broken in'</script>"}]}""", System.Text.Encoding.UTF8, "application/json");
        var asking = http.PostAsync(new Uri(stage.Gateway.BaseUrl, "v1/messages"), body, TestContext.Current.CancellationToken);
        var desk = room.Page.GetByRole(AriaRole.Dialog);
        await Expect(desk.GetByLabel("The question", new() { Exact = true })).ToContainTextAsync("<script>document.title", Patiently);
        Assert.Equal(0, await desk.Locator("img, script").CountAsync());
        await desk.GetByLabel("Your answer").FillAsync("Please call 555-0100.");
        await desk.GetByRole(AriaRole.Button, new() { Name = "Close without an answer" }).ClickAsync();
        using var answer = await asking;
        Assert.Equal(403, (int)answer.StatusCode);
        Assert.Contains("Please call 555-0100.", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.DoesNotContain("broken in", await room.Page.TitleAsync(), StringComparison.Ordinal);
        Assert.Empty(room.Complaints);
    }

    [Fact]
    public async Task SomebodyElseIsSooner_WhatWasWrittenStays_AndIsNotSent()
    {
        await using var stage = await StageAsync();
        await using var room = await chromium.OpenAsync(stage);
        await OpenAsync(room, "ana");
        var asking = stage.AskAsync();
        var desk = room.Page.GetByRole(AriaRole.Dialog);
        await Expect(desk.GetByLabel("The question", new() { Exact = true })).ToHaveTextAsync(RoomStage.Prompt, new() { Timeout = 20_000 });
        await desk.GetByLabel("Your answer").FillAsync("At eight.");
        await Expect(desk).ToContainTextAsync("yours until", Patiently);
        var id = Assert.Single(stage.Gateway.Engine.Inboxes.Waiting).Id;
        Assert.Equal(Understudy.HumanReview.ReviewResult.Claimed, stage.Gateway.Engine.Inboxes.Answer(id, "ben", "no").Result);
        stage.Gateway.Engine.Inboxes.Close();
        await Expect(desk).ToContainTextAsync("What you wrote was not sent.", Patiently);
        await Expect(desk.GetByLabel("Your answer")).ToHaveValueAsync("At eight.");
        Assert.Contains("error", await asking, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhoLooksAfterAnotherInbox_SeesNothing_AndAViewerHasNoDesk()
    {
        await using var stage = await StageAsync();
        await using var room = await chromium.OpenAsync(stage);
        var asking = stage.AskAsync();
        await OpenAsync(room, "olga");
        await Expect(room.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Nobody waits.", Patiently);
        await using var eve = await chromium.OpenAsync(stage);
        await eve.EnterAsync("eve");
        await Expect(eve.Page.Locator(".answers")).ToContainTextAsync("in support", Patiently);
        await Expect(eve.Page.GetByRole(AriaRole.Button, new() { Name = "Open the inbox" })).ToHaveCountAsync(0);
        stage.Gateway.Engine.Inboxes.Close();
        await asking;
    }
}
