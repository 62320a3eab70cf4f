using System.Text;
using Microsoft.Playwright;
using Understudy.Configuration;
using Understudy.ControlRoom.Tests.Support;
using Understudy.HumanReview;
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

    private static async Task<ILocator> SitDownAsync(RoomPage room, string asked)
    {
        var open = room.Page.GetByRole(AriaRole.Button, new() { Name = "Open…" });
        await open.WaitForAsync();
        await open.FocusAsync();
        await room.Page.Keyboard.PressAsync("Enter");
        var desk = room.Page.GetByRole(AriaRole.Dialog);
        await Expect(desk).ToContainTextAsync(asked, Patiently);
        return desk;
    }

    [Fact]
    public async Task APersonAnswers_ByKeyboard_TheCallerHasIt_AndNothingOfItWentThroughTheRoom()
    {
        await using var stage = await StageAsync();
        await using var room = await chromium.OpenAsync(stage);
        await room.EnterAsync("ana");
        var asking = stage.AskAsync();
        var desk = await SitDownAsync(room, RoomStage.Prompt);
        Assert.Equal("ana (127.0.0.1)", Assert.Single(stage.Gateway.Engine.Inboxes.Waiting).Claim?.Who);
        await Expect(desk.GetByLabel("Your answer")).ToBeFocusedAsync();
        await room.Page.Keyboard.TypeAsync("PLANTED-answer: at eight.");
        await desk.GetByRole(AriaRole.Button, new() { Name = "Answer", Exact = true }).FocusAsync();
        await room.Page.Keyboard.PressAsync("Enter");
        await Expect(desk).ToBeHiddenAsync(new() { Timeout = 20_000 });
        Assert.Contains("PLANTED-answer: at eight.", await asking, StringComparison.Ordinal);
        Assert.DoesNotContain("PLANTED", room.Received, StringComparison.Ordinal); // only by the admin API
        Assert.Empty(room.Complaints);
    }

    [Fact]
    public async Task WhatACallerWrote_IsText_AndCanBeDroppedWithAWord()
    {
        await using var stage = await StageAsync();
        await using var room = await chromium.OpenAsync(stage, ColorScheme.Dark, phone: true);
        await room.EnterAsync("ana");
        using var http = new HttpClient();
        using var body = new StringContent("""{"model":"claude-sonnet-4-5","max_tokens":64,"messages":[{"role":"user","content":"<img src=x onerror=\"document.title='broken in'\"><script>document.title='broken in'</script>"}]}""", Encoding.UTF8, "application/json");
        var asking = http.PostAsync(new Uri(stage.Gateway.BaseUrl, "v1/messages"), body, TestContext.Current.CancellationToken);
        var desk = await SitDownAsync(room, "<script>document.title");
        Assert.Equal(0, await desk.Locator("img, script").CountAsync());
        await desk.GetByLabel("Your answer").FillAsync("Please call 555-0100.");
        await desk.GetByRole(AriaRole.Button, new() { Name = "Drop" }).ClickAsync();
        using var answer = await asking;
        Assert.Equal(403, (int)answer.StatusCode);
        Assert.Contains("Please call 555-0100.", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.DoesNotContain("broken in", await room.Page.TitleAsync(), StringComparison.Ordinal);
        Assert.Empty(room.Complaints);
    }

    [Fact]
    public async Task ItIsOverMeanwhile_ThePersonIsTold_AndKeepsWhatWasWritten()
    {
        await using var stage = await StageAsync();
        await using var room = await chromium.OpenAsync(stage);
        await room.EnterAsync("ana");
        var asking = stage.AskAsync();
        var desk = await SitDownAsync(room, RoomStage.Prompt);
        await desk.GetByLabel("Your answer").FillAsync("At eight.");
        var id = Assert.Single(stage.Gateway.Engine.Inboxes.Waiting).Id;
        Assert.Equal(ReviewResult.Claimed, stage.Gateway.Engine.Inboxes.Answer(id, "ben", "no").Result);
        stage.Gateway.Engine.Inboxes.Close();
        await asking;
        await desk.GetByRole(AriaRole.Button, new() { Name = "Answer", Exact = true }).ClickAsync();
        await Expect(desk).ToContainTextAsync("It is over", Patiently);
        await Expect(desk.GetByLabel("Your answer")).ToHaveValueAsync("At eight.");
    }

    [Fact]
    public async Task WhileSomebodyWaits_ThePageDoesNotSayThatNobodyCalls()
    {
        await using var stage = await StageAsync();
        await using var room = await chromium.OpenAsync(stage);
        var asking = stage.AskAsync();
        await room.EnterAsync("ana");
        await Expect(room.Page.Locator(".hero")).ToContainTextAsync("Waiting for a person", Patiently);
        await Expect(room.Page.Locator(".hero .because")).ToContainTextAsync("1 caller waits for an answer", Patiently);
        await Expect(room.Page.Locator(".hero")).Not.ToContainTextAsync("nobody has called");
        stage.Gateway.Engine.Inboxes.Close();
        await asking;
    }

    [Fact]
    public async Task WhoLooksAfterAnotherInbox_SeesNothing_AndAViewerHasNothingToOpen()
    {
        await using var stage = await StageAsync();
        await using var eve = await chromium.OpenAsync(stage);
        var asking = stage.AskAsync();
        await eve.EnterAsync("eve");
        await Expect(eve.Page.Locator(".inbox")).ToContainTextAsync("support", Patiently);
        await Expect(eve.Page.GetByRole(AriaRole.Button, new() { Name = "Open…" })).ToHaveCountAsync(0);
        await using var olga = await chromium.OpenAsync(stage);
        await olga.EnterAsync("olga");
        await Expect(olga.Page.Locator(".answers")).ToContainTextAsync("every inbox is empty", Patiently);
        await Expect(olga.Page.GetByRole(AriaRole.Button, new() { Name = "Open…" })).ToHaveCountAsync(0);
        stage.Gateway.Engine.Inboxes.Close();
        await asking;
    }
}
