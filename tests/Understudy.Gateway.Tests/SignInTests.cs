using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;
using Understudy.Simulator.Tests.Support;

namespace Understudy.Gateway.Tests;

/// <summary>Operators sign in, do what their role lets them, and nobody else does: from outside, cookie by cookie.</summary>
public sealed class SignInTests
{
    private const string Token = "admin-token-0123456789";
    private const string Password = "the curtain rises again";
    private static readonly PasswordHash Hash = Parse(PasswordHash.Make(Password));

    [Fact]
    public async Task AnOperator_SignsIn_AndActsUnderTheirOwnName()
    {
        await using var stage = await StageAsync();
        var browser = await Browser.SignedInAsync(stage, "ana");
        var session = (await browser.GetAsync("/admin/session")).Json;
        Assert.Equal(("ana", "admin"), ((string?)session["name"], (string?)session["role"]));
        var killed = await browser.PostAsync("/admin/kill", """{"what":"claude","why":"status page is red","by":"somebody else"}""", (string?)session["antiforgery"]);
        Assert.Equal((200, "ana (127.0.0.1)"), (killed.Status, (string?)killed.Json["who"]));
        Assert.Contains(stage.Happenings, happening => happening is { Kind: "sign_in", Subject: "ana" });
    }

    [Fact]
    public async Task TheCookie_IsForThisHostAlone_AndForNoScript()
    {
        await using var stage = await StageAsync();
        var browser = new Browser(stage.Url);
        var answer = await browser.SignInAsync("ana", Password);
        var cookie = Assert.Single(answer.Headers, header => header.Name == "set-cookie" && header.Value.StartsWith($"__Host-understudy-{stage.Url.Port}=", StringComparison.Ordinal)).Value;
        Assert.All((string[])["secure", "httponly", "samesite=strict", "path=/"], attribute => Assert.Contains(attribute, cookie, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("domain", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(303, answer.Status);
    }

    [Fact]
    public async Task WithoutTheAntiforgeryHeader_NothingChanges()
    {
        await using var stage = await StageAsync();
        var browser = await Browser.SignedInAsync(stage, "ana");
        var other = await Browser.SignedInAsync(stage, "bob");
        var others = (string?)(await other.GetAsync("/admin/session")).Json["antiforgery"];
        foreach (var wrong in (string?[])[null, "", "wrong", others])
        {
            Assert.Equal(403, (await browser.PostAsync("/admin/kill", """{"what":"all"}""", wrong)).Status);
        }

        var right = (string?)(await browser.GetAsync("/admin/session")).Json["antiforgery"];
        Assert.Equal(403, (await browser.PostAsync("/admin/kill", """{"what":"all"}""", right, "origin: http://evil.example\r\n")).Status);
        Assert.Equal(403, (await browser.PostAsync("/admin/kill", """{"what":"all"}""", right, "sec-fetch-site: cross-site\r\n")).Status);
        Assert.Empty(stage.Gateway.Engine.Overrides.InForce);
        Assert.Equal(200, (await browser.PostAsync("/admin/kill", """{"what":"all"}""", right, $"origin: {stage.Url.GetLeftPart(UriPartial.Authority)}\r\nsec-fetch-site: same-origin\r\n")).Status);
    }

    [Theory]
    [InlineData("eve", 200, 403, 403)]
    [InlineData("bob", 200, 200, 403)]
    [InlineData("ana", 200, 200, 200)]
    public async Task ARole_GoesAsFarAsItGoes(string name, int look, int act, int purge)
    {
        await using var stage = await StageAsync();
        var browser = await Browser.SignedInAsync(stage, name);
        var proof = (string?)(await browser.GetAsync("/admin/session")).Json["antiforgery"];
        Assert.Equal(look, (await browser.GetAsync("/admin/status")).Status);
        // What was captured is for whoever may do everything; here nothing is.
        Assert.Equal(purge == 200 ? 404 : 403, (await browser.GetAsync("/admin/captures")).Status);
        Assert.Equal(purge == 200 ? 404 : 403, (await browser.GetAsync("/admin/captures/us_1")).Status);
        Assert.Equal(act, (await browser.PostAsync("/admin/drain", """{"what":"claude"}""", proof)).Status);
        Assert.Equal(purge, (await browser.PostAsync("/admin/purge", """{"all":true}""", proof)).Status);
    }

    [Theory]
    [InlineData("ana", "the curtain falls again")]
    [InlineData("ana", "")]
    [InlineData("nobody", Password)]
    [InlineData("", Password)]
    public async Task AWrongPair_IsRefused_AndNothingToldWhichWasWrong(string name, string password)
    {
        await using var stage = await StageAsync();
        var browser = new Browser(stage.Url);
        var answer = await browser.SignInAsync(name, password);
        Assert.Equal(401, answer.Status);
        Assert.Contains("do not belong together", answer.Text, StringComparison.Ordinal);
        Assert.Equal(401, (await browser.GetAsync("/admin/status")).Status);
    }

    [Fact]
    public async Task TheAdminToken_OpensASession_TooWithoutAName()
    {
        await using var stage = await StageAsync();
        var browser = new Browser(stage.Url);
        Assert.Equal(303, (await browser.SignInAsync("", Token)).Status);
        Assert.Equal("admin", (string?)(await browser.GetAsync("/admin/session")).Json["role"]);
    }

    [Fact]
    public async Task Guessing_IsSlowedDown_ForThatAccount_AndTheRightOneWaitsToo()
    {
        var time = new ManualTime();
        await using var stage = await StageAsync(time: time);
        var browser = new Browser(stage.Url);
        for (var guess = 0; guess < 5; guess++) Assert.Equal(401, (await browser.SignInAsync("", $"guess {guess}")).Status);
        var refused = await browser.SignInAsync("", Token);
        Assert.Equal((429, "12"), (refused.Status, refused["retry-after"]));
        Assert.Single(stage.Happenings, happening => happening.Kind == "sign_in_refused");
        Assert.Equal(303, (await new Browser(stage.Url).SignInAsync("ana", Password)).Status); // another account is not touched
        time.Advance(TimeSpan.FromSeconds(13));
        Assert.Equal(303, (await browser.SignInAsync("", Token)).Status);
    }

    [Fact]
    public async Task GuessingAtManyNames_IsSlowedDownByAddress()
    {
        await using var stage = await StageAsync(time: new ManualTime());
        var browser = new Browser(stage.Url);
        await browser.GetAsync("/signin");
        var statuses = new List<int>();
        for (var guess = 0; guess < 22; guess++) statuses.Add((await browser.SignInAsync($"n{guess}", "x")).Status);
        Assert.Equal(20, statuses.Count(status => status == 401));
        Assert.Equal([429, 429], statuses[20..]);
    }

    [Fact]
    public async Task ASession_EndsWithItsTime_WithItsOperator_AndByHand()
    {
        var time = new ManualTime();
        await using var stage = await StageAsync(time: time);
        var leaves = await Browser.SignedInAsync(stage, "ana");
        var proof = (string?)(await leaves.GetAsync("/admin/session")).Json["antiforgery"];
        Assert.Equal(303, (await leaves.FormAsync("/signout", "antiforgery=wrong")).Status);
        Assert.Equal(200, (await leaves.GetAsync("/admin/session")).Status);
        Assert.Equal(303, (await leaves.FormAsync("/signout", $"antiforgery={proof}")).Status);
        Assert.Equal(401, (await leaves.GetAsync("/admin/session")).Status);

        var dismissed = await Browser.SignedInAsync(stage, "bob");
        var changed = await Browser.SignedInAsync(stage, "eve");
        var stays = await Browser.SignedInAsync(stage, "ana");
        stage.Gateway.Engine.Apply(stage.Policy with
        {
            Operators = [.. stage.Policy.Operators.Where(one => one.Name != "bob").Select(one => one.Name == "eve" ? one with { Password = Parse(PasswordHash.Make(Password)) } : one with { Role = OperatorRole.Viewer })],
        });
        Assert.Equal(401, (await dismissed.GetAsync("/admin/session")).Status);
        Assert.Equal(401, (await changed.GetAsync("/admin/session")).Status);
        Assert.Equal("viewer", (string?)(await stays.GetAsync("/admin/session")).Json["role"]);
        time.Advance(TimeSpan.FromHours(13));
        Assert.Equal(401, (await stays.GetAsync("/admin/session")).Status);
    }

    [Fact]
    public async Task AForeignForm_SignsNobodyIn()
    {
        await using var stage = await StageAsync();
        var browser = new Browser(stage.Url);
        Assert.Equal(400, (await browser.FormAsync("/signin", $"name=ana&password={Uri.EscapeDataString(Password)}")).Status);
        await browser.GetAsync("/signin");
        Assert.Equal(400, (await browser.FormAsync("/signin", $"form=wrong&name=ana&password={Uri.EscapeDataString(Password)}")).Status);
        Assert.Equal(401, (await browser.GetAsync("/admin/status")).Status);
    }

    [Fact]
    public async Task NoPassword_NoToken_AndNoKeyOfASession_IsInWhatIsTold()
    {
        await using var stage = await StageAsync();
        var browser = new Browser(stage.Url);
        await browser.SignInAsync(Token, "PLANTED-password");
        await browser.SignInAsync("PLANTED-name", Password);
        await browser.SignInAsync("ana", Password);
        var told = string.Join("\n", stage.Happenings.Select(happening => happening.ToString()));
        Assert.All((string[])["PLANTED", Token, Password, browser.Key], secret => Assert.DoesNotContain(secret, told, StringComparison.Ordinal));
    }

    [Fact]
    public async Task AWrongToken_IsNobody_WhateverCookieComesAlong()
    {
        await using var stage = await StageAsync();
        var browser = await Browser.SignedInAsync(stage, "ana");
        Assert.Equal(401, (await browser.GetAsync("/admin/status", "authorization: Bearer wrong\r\n")).Status);
    }

    private static Task<GatewayStage> StageAsync(TimeProvider? time = null) => GatewayStage.StartAsync(
        change: (policy, _) => policy with
        {
            AdminToken = Token,
            Operators =
            [
                new() { Name = "ana", Password = Hash, Role = OperatorRole.Admin },
                new() { Name = "bob", Password = Hash, Role = OperatorRole.Operator, Inboxes = ["support"] },
                new() { Name = "eve", Password = Hash },
            ],
        },
        time: time);

    private static PasswordHash Parse(string text) => PasswordHash.TryParse(text, out var hash, out var why) ? hash : throw new InvalidOperationException(why);

    /// <summary>What of a browser matters here: it keeps cookies and sends forms.</summary>
    private sealed class Browser(Uri gateway)
    {
        private readonly Dictionary<string, string> _cookies = [];
        private string _form = "";

        public string Key => _cookies.Single(cookie => cookie.Key.StartsWith("__Host-understudy-", StringComparison.Ordinal) && cookie.Key != "__Host-understudy-form").Value;

        public static async Task<Browser> SignedInAsync(GatewayStage stage, string name)
        {
            var browser = new Browser(stage.Url);
            Assert.Equal(303, (await browser.SignInAsync(name, Password)).Status);
            return browser;
        }

        public async Task<RawResponse> SignInAsync(string name, string password)
        {
            var page = (await GetAsync("/signin")).Text;
            const string Field = "name=\"form\" value=\"";
            if (page.Contains(Field, StringComparison.Ordinal)) _form = page.Split(Field)[1].Split('"')[0];
            return await FormAsync("/signin", $"form={Uri.EscapeDataString(_form)}&name={Uri.EscapeDataString(name)}&password={Uri.EscapeDataString(password)}");
        }

        public Task<RawResponse> GetAsync(string path, string more = "") => KeepAsync(RawClient.AskAsync(gateway, $"GET {path} HTTP/1.1\r\nHost: {gateway.Authority}\r\n{Cookies()}{more}\r\n"));

        public Task<RawResponse> PostAsync(string path, string body, string? antiforgery, string more = "") =>
            KeepAsync(RawClient.PostAsync(gateway, path, body, $"{Cookies()}{(antiforgery is null ? "" : $"x-understudy-antiforgery: {antiforgery}\r\n")}{more}", gateway.Authority));

        public Task<RawResponse> FormAsync(string path, string body) => KeepAsync(RawClient.AskAsync(
            gateway, $"POST {path} HTTP/1.1\r\nHost: {gateway.Authority}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {body.Length}\r\n{Cookies()}\r\n", System.Text.Encoding.ASCII.GetBytes(body)));

        private string Cookies() => _cookies.Count == 0 ? "" : $"cookie: {string.Join("; ", _cookies.Select(cookie => $"{cookie.Key}={cookie.Value}"))}\r\n";

        private async Task<RawResponse> KeepAsync(Task<RawResponse> asked)
        {
            var answer = await asked;
            foreach (var (name, value) in answer.Headers.Where(header => header.Name == "set-cookie"))
            {
                var pair = value.Split(';')[0].Split('=', 2);
                if (pair[1].Length == 0) _cookies.Remove(pair[0]);
                else _cookies[pair[0]] = pair[1];
            }

            return answer;
        }
    }
}
