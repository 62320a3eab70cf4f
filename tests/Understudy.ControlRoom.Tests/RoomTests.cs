using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Understudy.Configuration;
using Understudy.ControlRoom.Tests.Support;
using Understudy.Gateway.Tests.Alarms;
using static Understudy.ControlRoom.Tests.Support.RoomPage;

namespace Understudy.ControlRoom.Tests;

/// <summary>The control room in a real browser, with real calls going by.</summary>
public sealed class RoomTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static readonly LocatorAssertionsToContainTextOptions Patiently = new() { Timeout = 20_000 };

    [Fact]
    public async Task AProviderKilledUnderTraffic_IsOnThePage_AndAllIsClearAfterRecovery()
    {
        await using var stage = await RoomStage.StartAsync();
        await using var room = await chromium.OpenAsync(stage);
        await room.EnterAsync("ana");
        await Expect(room.Says).ToContainTextAsync("Serving — by claude", Patiently);
        await Expect(room.Card("claude")).ToContainTextAsync("well", Patiently);

        var struck = TimeProvider.System.GetTimestamp();
        stage.Claude.Faults.Set("refuse");
        await Expect(room.Card("claude").Locator(".state")).ToHaveTextAsync("out", new() { Timeout = 20_000 });
        TestContext.Current.TestOutputHelper?.WriteLine($"On the card after {TimeProvider.System.GetElapsedTime(struck).TotalSeconds:0.0} s");
        await Expect(room.Says).ToContainTextAsync("by openai", Patiently);
        TestContext.Current.TestOutputHelper?.WriteLine($"In the headline after {TimeProvider.System.GetElapsedTime(struck).TotalSeconds:0.0} s");
        await Expect(room.Page.Locator(".because")).ToContainTextAsync("Standing in for claude", Patiently);
        await Expect(room.Page.Locator(".log")).ToContainTextAsync("claude/claude-sonnet-4-5 is out", Patiently);
        await Expect(room.Page.Locator(".ladder li.lit", new() { HasText = "openai/gpt-5" })).ToContainTextAsync("100 %", Patiently);

        stage.Claude.Faults.Clear();
        await Expect(room.Says).ToHaveTextAsync("Serving — by claude", new() { Timeout = 20_000 });
        await Expect(room.Card("claude").Locator(".state")).ToHaveTextAsync("well", new() { Timeout = 20_000 });
        await Expect(room.Page.Locator(".log")).ToContainTextAsync("claude/claude-sonnet-4-5 is well again", Patiently);
        Assert.Empty(room.Complaints);
    }

    [Fact]
    public async Task EveryLever_ByKeyboardAlone_AsksWhy_AndShowsItsEnd()
    {
        await using var stage = await RoomStage.StartAsync();
        await using var room = await chromium.OpenAsync(stage);
        await room.EnterAsync("ana");
        await Expect(room.Says).ToContainTextAsync("by claude", Patiently);
        var sheet = room.Page.GetByRole(AriaRole.Dialog);

        await PressAsync(room.Card("claude").GetByRole(AriaRole.Button, new() { Name = "Kill" }));
        await Expect(sheet).ToContainTextAsync("Kill claude");
        await Expect(room.Page.GetByLabel("Why?")).ToBeFocusedAsync();
        await room.Page.Keyboard.PressAsync("Escape");
        await Expect(sheet).ToBeHiddenAsync();
        Assert.Empty(stage.Gateway.Engine.Overrides.InForce);

        await PressAsync(room.Card("claude").GetByRole(AriaRole.Button, new() { Name = "Kill" }));
        await room.Page.Keyboard.TypeAsync("status page is red");
        await room.Page.Keyboard.PressAsync("Enter");
        var order = room.Page.Locator(".notice.ordered");
        await Expect(order).ToContainTextAsync("claude is killed by ana (127.0.0.1): “status page is red” ends in 30 min", Patiently);
        await Expect(room.Says).ToContainTextAsync("by openai", Patiently);
        await Expect(room.Card("claude")).ToContainTextAsync("killed", Patiently);

        await PressAsync(order.GetByRole(AriaRole.Button, new() { Name = "Revive" }));
        await room.Page.Keyboard.TypeAsync("it is green again");
        await room.Page.Keyboard.PressAsync("Enter");
        await Expect(order).ToHaveCountAsync(0, new() { Timeout = 20_000 });
        await Expect(room.Says).ToContainTextAsync("by claude", Patiently);

        await PressAsync(room.Card("openai").GetByRole(AriaRole.Button, new() { Name = "Drain" }));
        await room.Page.Keyboard.TypeAsync("maintenance");
        await room.Page.GetByLabel("Until").FocusAsync();
        await room.Page.Keyboard.PressAsync("End"); // until it is revived
        await room.Page.GetByRole(AriaRole.Button, new() { Name = "Drain", Exact = true }).FocusAsync();
        await room.Page.Keyboard.PressAsync("Enter");
        await Expect(order).ToContainTextAsync("openai is drained by ana (127.0.0.1): “maintenance” until it is revived", Patiently);
        Assert.Equal([("openai", null)], stage.Gateway.Engine.Overrides.InForce.Select(one => (one.What, one.Until)));
        Assert.Empty(room.Complaints);
    }

    [Fact]
    public async Task ARoute_IsPinned_AndGoesItsOwnWayAgain()
    {
        await using var stage = await RoomStage.StartAsync();
        await using var room = await chromium.OpenAsync(stage);
        await room.EnterAsync("ana");
        await PressAsync(room.Page.GetByRole(AriaRole.Button, new() { Name = "Pin claude-* to openai/gpt-5" }));
        await room.Page.Keyboard.TypeAsync("the others are slow today");
        await room.Page.Keyboard.PressAsync("Enter");
        var order = room.Page.Locator(".notice.ordered");
        await Expect(order).ToContainTextAsync("claude-* is pinned to openai/gpt-5 by ana (127.0.0.1): “the others are slow today” ends in 30 min", Patiently);
        await Expect(room.Says).ToContainTextAsync("by openai", Patiently);
        await PressAsync(order.GetByRole(AriaRole.Button, new() { Name = "Revive" }));
        await room.Page.Keyboard.PressAsync("Enter");
        await Expect(order).ToHaveCountAsync(0, new() { Timeout = 20_000 });
        await Expect(room.Says).ToContainTextAsync("by claude", Patiently);
    }

    [Fact]
    public async Task AFault_IsPractised_WhereARouteIsMarkedForIt_AndAborted()
    {
        await using var stage = await RoomStage.StartAsync(change: policy => policy with { Routes = [.. policy.Routes.Select(route => route with { AllowsChaos = true })] });
        await using var room = await chromium.OpenAsync(stage);
        await room.EnterAsync("ana");
        await Expect(room.Says).ToContainTextAsync("by claude", Patiently);
        await PressAsync(room.Card("claude").GetByRole(AriaRole.Button, new() { Name = "Practise" }));
        await room.Page.GetByLabel("Fault", new() { Exact = true }).SelectOptionAsync("refuse");
        await room.Page.GetByLabel("Of its calls").SelectOptionAsync("1");
        await room.Page.GetByLabel("Why?").FillAsync("the Tuesday drill");
        await room.Page.GetByLabel("Why?").PressAsync("Enter");
        var practice = room.Page.Locator(".notice", new() { HasText = "Practice" });
        await Expect(practice).ToContainTextAsync("ends in 5 min", Patiently);
        await Expect(room.Says).ToContainTextAsync("by openai", Patiently);
        await PressAsync(practice.GetByRole(AriaRole.Button, new() { Name = "Abort" }));
        await room.Page.Keyboard.PressAsync("Enter");
        await Expect(practice).ToHaveCountAsync(0, new() { Timeout = 20_000 });
        await Expect(room.Says).ToHaveTextAsync("Serving — by claude", new() { Timeout = 40_000 });
        Assert.Empty(room.Complaints);
    }

    [Fact]
    public async Task AQuestion_WaitsOnThePage_AndIsAnsweredFromIt()
    {
        await using var stage = await RoomStage.StartAsync(traffic: false, policy => policy with
        {
            Routes = [.. policy.Routes.Select(route => route with { Ladder = [.. route.Ladder, new HumanRung { Inbox = "support" }] })],
        });
        stage.Claude.Faults.Set("refuse");
        stage.OpenAI.Faults.Set("refuse");
        await using var seen = await chromium.OpenAsync(stage);
        await using var room = await chromium.OpenAsync(stage);
        await seen.EnterAsync("eve");
        await room.EnterAsync("ana");
        var answer = stage.AskAsync();
        await Expect(room.Page.Locator(".answers")).ToContainTextAsync("1 caller", Patiently);
        await Expect(seen.Page.Locator(".inbox")).ToContainTextAsync("support", Patiently);
        await Expect(seen.Page.Locator("[data-question]")).ToHaveCountAsync(0);

        await PressAsync(room.Page.Locator("[data-question]"));
        var desk = room.Page.GetByRole(AriaRole.Dialog);
        await Expect(desk).ToContainTextAsync(RoomStage.Prompt, Patiently);
        await Expect(seen.Page.Locator(".inbox")).ToContainTextAsync("ana (127.0.0.1) is at it", Patiently);
        await Expect(room.Page.GetByLabel("Your answer")).ToBeFocusedAsync();
        await room.Page.Keyboard.TypeAsync("It rises at eight.");
        await PressAsync(desk.GetByRole(AriaRole.Button, new() { Name = "Answer", Exact = true }));
        Assert.Contains("It rises at eight.", await answer, StringComparison.Ordinal);
        await Expect(room.Page.Locator(".answers")).ToContainTextAsync("every inbox is empty", Patiently);
        Assert.DoesNotContain("PLANTED-prompt", seen.Received + room.Received, StringComparison.Ordinal); // neither page's own connection ever carries it
        Assert.Empty(room.Complaints);
    }

    [Fact]
    public async Task AnAlarm_RingsOnThePage_InTheScrape_AndAtAReceiver_IsAcknowledged_AndAllIsClearAfter()
    {
        var quick = AlarmRuleModel.Default(AlarmRule.ProviderUnavailable) with { For = TimeSpan.FromSeconds(1), Hold = TimeSpan.FromSeconds(1) };
        await using var desk = await HttpReceiver.StartAsync();
        await using var stage = await RoomStage.StartAsync(change: policy => policy with
        {
            Alarms = new()
            {
                Rules = new Dictionary<AlarmRule, AlarmRuleModel> { [AlarmRule.ProviderUnavailable] = quick },
                Receivers = [new WebhookReceiver { Name = "desk", Url = desk.Url }],
                GroupWait = TimeSpan.FromSeconds(1),
                GroupInterval = TimeSpan.FromSeconds(1),
            },
        });
        await using var room = await chromium.OpenAsync(stage);
        await room.EnterAsync("ana");
        await Expect(room.Says).ToContainTextAsync("by claude", Patiently);
        Assert.Contains("understudy_provider_available{provider=\"claude\"} 1", await stage.ScrapeAsync(), StringComparison.Ordinal);

        stage.Claude.Faults.Set("refuse");
        var alarm = room.Page.Locator(".notice", new() { HasText = "provider unavailable" });
        await Expect(alarm).ToContainTextAsync("rings since", Patiently);
        Assert.Contains("understudy_provider_available{provider=\"claude\"} 0", await stage.ScrapeAsync(), StringComparison.Ordinal);
        Assert.Contains("provider claude is unavailable", (await desk.UntilAsync(1))[0].Text, StringComparison.Ordinal);
        await PressAsync(alarm.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" }));
        await room.Page.Keyboard.TypeAsync("I am on it");
        await room.Page.Keyboard.PressAsync("Enter");
        await Expect(alarm).ToContainTextAsync("in ana (127.0.0.1)'s hands", Patiently);

        stage.Claude.Faults.Clear();
        await Expect(alarm).ToContainTextAsync("over since", new() { Timeout = 40_000 });
        await Expect(room.Says).ToHaveTextAsync("Serving — by claude", new() { Timeout = 20_000 });
        Assert.Contains("understudy_provider_available{provider=\"claude\"} 1", await stage.ScrapeAsync(), StringComparison.Ordinal);
        for (var told = 2; !(await desk.UntilAsync(told))[^1].Text.Contains("resolved", StringComparison.Ordinal);) told++;
        Assert.Empty(room.Complaints);
    }

    [Fact]
    public async Task AnOpenPage_DoesNotHoldUpTheStop()
    {
        await using var stage = await RoomStage.StartAsync(traffic: false);
        await using var room = await chromium.OpenAsync(stage);
        await room.EnterAsync("ana");
        await stage.AskAsync();
        await Expect(room.Says).ToContainTextAsync("by claude", Patiently);
        // The host's own patience with open connections is 30 s.
        Assert.True(await stage.Gateway.DrainAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System));
    }

    [Fact]
    public async Task OneCall_TellsItsWholeStory_AttemptByAttempt()
    {
        await using var stage = await RoomStage.StartAsync(traffic: false);
        stage.Claude.Faults.Set("refuse");
        await stage.AskAsync();
        await using var room = await chromium.OpenAsync(stage);
        await room.EnterAsync("eve");
        await room.Page.GetByRole(AriaRole.Button, new() { Name = "Trouble only" }).ClickAsync();
        await PressAsync(room.Page.Locator(".pick").First);
        var story = room.Page.GetByRole(AriaRole.Article, new() { Name = "The story of one call" });
        await Expect(story).ToContainTextAsync("claude/claude-sonnet-4-5 the connection broke", Patiently);
        await Expect(story).ToContainTextAsync("openai/gpt-5 answered");
        await Expect(story).ToContainTextAsync("asked for claude-sonnet-4-5");
        await Expect(story).Not.ToContainTextAsync("PLANTED");
    }

    [Fact]
    public async Task AViewer_SeesEverything_AndHasNoLever()
    {
        await using var stage = await RoomStage.StartAsync();
        await using var room = await chromium.OpenAsync(stage);
        await room.SignInAsync("eve", "not the password");
        await Expect(room.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("do not belong together");
        await room.EnterAsync("eve");
        await Expect(room.Says).ToContainTextAsync("by claude", Patiently);
        await Expect(room.Page.Locator("main [data-lever], footer [data-lever]")).ToHaveCountAsync(0);

        // The page has none, and the API behind it lets none through either.
        const string Kill = "async (proof) => (await fetch('/admin/kill', { method: 'POST', headers: { 'x-understudy-antiforgery': proof ?? (await (await fetch('/admin/session')).json()).antiforgery }, body: '{\"what\":\"all\"}' })).status";
        Assert.Equal(403, await room.Page.EvaluateAsync<int>(Kill, null));
        await room.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(room.Page.GetByLabel("Password")).ToBeVisibleAsync();

        await room.EnterAsync("ana");
        await Expect(room.Page.Locator("main [data-lever]").First).ToBeVisibleAsync();
        Assert.Equal(403, await room.Page.EvaluateAsync<int>(Kill, "wrong"));
        Assert.Empty(stage.Gateway.Engine.Overrides.InForce);
        Assert.Equal(200, await room.Page.EvaluateAsync<int>(Kill, null));
    }

    [Fact]
    public async Task AnOpenPage_IsShut_WhenItsOperatorIsTakenOutOfTheFile()
    {
        await using var stage = await RoomStage.StartAsync();
        await using var room = await chromium.OpenAsync(stage);
        await room.EnterAsync("eve");
        await Expect(room.Says).ToContainTextAsync("by claude", Patiently);
        stage.Gateway.Engine.Apply(stage.Policy with { Operators = [.. stage.Policy.Operators.Where(one => one.Name != "eve")] });
        await Expect(room.Page.GetByLabel("Password")).ToBeVisibleAsync(new() { Timeout = 20_000 });
    }

    [Theory]
    [InlineData(ColorScheme.Light, false)]
    [InlineData(ColorScheme.Dark, false)]
    [InlineData(ColorScheme.Light, true)]
    [InlineData(ColorScheme.Dark, true)]
    public async Task Axe_FindsNothing(ColorScheme theme, bool phone)
    {
        await using var stage = await RoomStage.StartAsync();
        await using var room = await chromium.OpenAsync(stage, theme, phone);
        await room.Page.GotoAsync(stage.Gateway.BaseUrl.ToString());
        await AxeAsync(room.Page, "the door");
        await room.EnterAsync("ana");
        await Expect(room.Says).ToContainTextAsync("by claude", Patiently);
        stage.Claude.Faults.Set("refuse");
        await Expect(room.Card("claude").Locator(".state")).ToHaveTextAsync("out", new() { Timeout = 20_000 });
        await room.Page.GetByRole(AriaRole.Button, new() { Name = "Trouble only" }).ClickAsync();
        await PressAsync(room.Page.Locator(".pick").First);
        await AxeAsync(room.Page, "the room, with a provider out and a call open");
        await PressAsync(room.Card("openai").GetByRole(AriaRole.Button, new() { Name = "Kill" }));
        await AxeAsync(room.Page, "a lever's sheet");
        Assert.False(await room.Page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth > innerWidth"), "The page is wider than its window.");
    }

    [Fact]
    public async Task TheTheme_IsChosen_AndKept()
    {
        await using var stage = await RoomStage.StartAsync(traffic: false);
        await using var room = await chromium.OpenAsync(stage);
        await room.EnterAsync("ana");
        const string Ground = "() => getComputedStyle(document.body).backgroundColor";
        var light = await room.Page.EvaluateAsync<string>(Ground);
        await room.Page.GetByRole(AriaRole.Button, new() { Name = "Light or dark" }).ClickAsync();
        var dark = await room.Page.EvaluateAsync<string>(Ground);
        Assert.NotEqual(light, dark);
        await room.Page.ReloadAsync();
        Assert.Equal(dark, await room.Page.EvaluateAsync<string>(Ground));
    }

    [Fact]
    public async Task NothingForeign_IsAsked_NothingSecret_ComesIn()
    {
        await using var stage = await RoomStage.StartAsync();
        await using var room = await chromium.OpenAsync(stage);
        await room.EnterAsync("ana");
        stage.Claude.Faults.Set("status");
        await Expect(room.Says).ToContainTextAsync("by openai", Patiently);
        await room.Page.GetByRole(AriaRole.Button, new() { Name = "Trouble only" }).ClickAsync();
        await PressAsync(room.Page.Locator(".pick").First);
        await Expect(room.Page.Locator(".attempts")).ToContainTextAsync("openai/gpt-5", Patiently);

        var answer = await stage.AskAsync();
        var words = Regex.Matches(answer, "\"text\":\"([^\"]{4,})\"").Select(match => match.Groups[1].Value.Trim()).Where(word => word.Length > 5).Take(5).ToArray();
        var told = room.Received + await room.Page.ContentAsync() + await room.Page.EvaluateAsync<string>("async () => await (await fetch('/')).text() + await (await fetch('/admin/status')).text() + JSON.stringify({ ...localStorage })");
        Assert.Contains("claude-sonnet-4-5", told, StringComparison.Ordinal); // it is the right text that is searched
        Assert.NotEmpty(words);
        var cookies = await room.Page.Context.CookiesAsync();
        Assert.Contains(cookies, cookie => cookie.Name.StartsWith("__Host-understudy-", StringComparison.Ordinal) && cookie is { Secure: true, HttpOnly: true, SameSite: SameSiteAttribute.Strict });
        var secrets = cookies.Select(cookie => cookie.Value).Where(value => value.Length > 8).Append("PLANTED").Append(RoomStage.ProviderKey);
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, told, StringComparison.Ordinal));
        Assert.All(room.Asked, address => Assert.Equal(stage.Gateway.BaseUrl.Authority, address.Authority));
        Assert.Empty(room.Complaints);
    }

    /// <summary>Reaches a button without a mouse.</summary>
    private static async Task PressAsync(ILocator button)
    {
        await button.FocusAsync();
        await button.PressAsync("Enter");
    }

    private static async Task AxeAsync(IPage page, string where)
    {
        var script = Path.Combine(Here(), "node_modules", "axe-core", "axe.min.js");
        Assert.SkipUnless(File.Exists(script), "axe-core is not installed: npm ci in tests/Understudy.ControlRoom.Tests.");
        // As a test's own tool, past the page's rules: it is not the page's.
        await page.EvaluateAsync(await File.ReadAllTextAsync(script));
        var found = await page.EvaluateAsync<string[]>("""
            async () => (await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })).violations
                .flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`))
            """);
        Assert.True(found.Length == 0, $"In {where}:\n{string.Join('\n', found)}");
    }

    private static string Here()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "package.json"))) at = at.Parent;
        return at?.FullName ?? AppContext.BaseDirectory;
    }
}
