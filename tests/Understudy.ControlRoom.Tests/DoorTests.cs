using Understudy.Configuration;
using Understudy.ControlRoom.Tests.Support;
using Understudy.Gateway.Tests.Support;

namespace Understudy.ControlRoom.Tests;

/// <summary>Who gets in, without a browser in between.</summary>
public sealed class DoorTests
{
    private const string Page = "accept: text/html,application/xhtml+xml\r\n";

    [Fact]
    public async Task OtherCallers_FindAtTheRootWhatTheyAlwaysFound()
    {
        await using var stage = await RoomStage.StartAsync(traffic: false);
        var hello = await GetAsync(stage, "/", "accept: */*\r\n");
        Assert.Equal((200, "text/plain; charset=utf-8"), (hello.Status, hello["content-type"]));
        Assert.Equal(200, (await RawClient.AskAsync(stage.Gateway.BaseUrl, "HEAD / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n\r\n")).Status);
        Assert.Equal(426, (await GetAsync(stage, "/v1/responses", "connection: upgrade\r\nupgrade: websocket\r\n")).Status);
    }

    [Fact]
    public async Task WhereThereAreOperators_NobodyLooksWithoutSigningIn()
    {
        await using var stage = await RoomStage.StartAsync(traffic: false);
        var page = await GetAsync(stage, "/", Page);
        Assert.Equal((303, "/signin"), (page.Status, page["location"]));
        Assert.Equal(401, (await GetAsync(stage, "/_blazor?id=x")).Status);
        Assert.Equal(401, (await RawClient.PostAsync(stage.Gateway.BaseUrl, "/_blazor/negotiate?negotiateVersion=1", "")).Status);
    }

    [Fact]
    public async Task WhereThereAreNone_ThisMachineLooks_AndNobodyElse()
    {
        await using var stage = await RoomStage.StartAsync(traffic: false, policy => policy with { Operators = [], AdminToken = null });
        var page = await GetAsync(stage, "/", Page);
        Assert.Equal((200, "text/html; charset=utf-8"), (page.Status, page["content-type"]));
        Assert.DoesNotContain("data-lever=\"kill\"", page.Text, StringComparison.Ordinal);
        Assert.Equal(403, (await GetAsync(stage, "/", Page, "rebound.example")).Status);
        // Another page on this machine, on another port, is not this page.
        var origin = $"origin: http://127.0.0.1:1\r\n";
        Assert.Equal(404, (await GetAsync(stage, "/_blazor?id=x", origin)).Status);
        Assert.Equal(404, (await RawClient.PostAsync(stage.Gateway.BaseUrl, "/_blazor/negotiate?negotiateVersion=1", "", origin, stage.Gateway.BaseUrl.Authority)).Status);
        Assert.Equal(200, (await RawClient.PostAsync(stage.Gateway.BaseUrl, "/_blazor/negotiate?negotiateVersion=1", "", host: stage.Gateway.BaseUrl.Authority)).Status);
    }

    [Fact]
    public async Task EveryPage_LetsNothingForeignAndNothingInlineRun()
    {
        await using var stage = await RoomStage.StartAsync(traffic: false, policy => policy with { Operators = [] });
        foreach (var path in (string[])["/", "/signin"])
        {
            var page = await GetAsync(stage, path, Page);
            var rules = page["content-security-policy"];
            Assert.NotNull(rules);
            Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self'", rules, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", rules, StringComparison.Ordinal);
            Assert.Equal(("nosniff", "DENY", "same-origin"), (page["x-content-type-options"], page["x-frame-options"], page["referrer-policy"]));
            Assert.Contains("no-store", page["cache-control"], StringComparison.Ordinal);
            Assert.DoesNotMatch("<script(?![^>]*src=)|<style| style=| on[a-z]+=", page.Text);
        }
    }

    [Fact]
    public async Task TheLinkWithTheTicket_SignsIn_AndOnlyWhatWasGivenOut()
    {
        await using var stage = await RoomStage.StartAsync(traffic: false);
        Assert.Equal(200, (await GetAsync(stage, "/signin?ticket=", Page)).Status);
        Assert.Equal(200, (await GetAsync(stage, "/signin?ticket=guess", Page)).Status);
        var link = stage.Gateway.RoomWithTicketSensitive;
        var opened = await GetAsync(stage, link.PathAndQuery, Page);
        Assert.Equal(303, opened.Status);
        Assert.Contains(opened.Headers, header => header.Name == "set-cookie" && header.Value.StartsWith("__Host-understudy-", StringComparison.Ordinal));
        stage.Gateway.Engine.Apply(stage.Policy with { AdminToken = null });
        Assert.Equal(200, (await GetAsync(stage, link.PathAndQuery, Page)).Status);
    }

    [Fact]
    public async Task Assets_ComeOnce_AndSmall()
    {
        await using var stage = await RoomStage.StartAsync(traffic: false);
        var first = await GetAsync(stage, "/_framework/blazor.web.js", "accept-encoding: gzip\r\n");
        Assert.Equal((200, "gzip"), (first.Status, first["content-encoding"]));
        Assert.Equal(304, (await GetAsync(stage, "/_framework/blazor.web.js", $"if-none-match: {first["etag"]}\r\n")).Status);
        Assert.Equal(401, (await GetAsync(stage, "/room/../room/secret")).Status);
    }

    private static Task<RawResponse> GetAsync(RoomStage stage, string path, string more = "", string? host = null) =>
        RawClient.AskAsync(stage.Gateway.BaseUrl, $"GET {path} HTTP/1.1\r\nHost: {host ?? stage.Gateway.BaseUrl.Authority}\r\n{more}\r\n");
}
