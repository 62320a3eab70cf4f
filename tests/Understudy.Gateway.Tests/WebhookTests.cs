using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Understudy.Configuration;
using Understudy.Hosting.Deferred;
using Understudy.Gateway.Tests.Support;

namespace Understudy.Gateway.Tests;

/// <summary>News of deferred work, at a real receiver: signed, repeated until they are taken, over restarts, and never to where they must not go.</summary>
public sealed class WebhookTests : IDisposable
{
    private const string Ask = """{"model":"claude-sonnet-4-5","max_tokens":1024,"messages":[{"role":"user","content":"A planted question."}]}""";
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Task<GatewayStage> StageAsync(Uri url, bool allowPrivate = true) => GatewayStage.StartAsync(change: (policy, _) => policy with
    {
        Store = _folder.Store,
        Routes = [.. policy.Routes.Select(route => route with { Ladder = [.. route.Ladder, new DeferRung { Webhook = new() { Url = url, Secret = Secret, AllowPrivate = allowPrivate } }] })],
    });

    private static async Task<string> KeepAsync(GatewayStage stage) => (string)(await RawClient.PostAsync(stage.Url, "/v1/messages", Ask, "prefer: respond-async\r\n")).Json["id"]!;

    [Fact]
    public async Task WorkThatIsOver_IsTold_Signed_WithoutAWordOfIt()
    {
        await using var receiver = new NewsReceiver(_ => "204 No Content");
        await using var stage = await StageAsync(receiver.Url);
        var id = await KeepAsync(stage);
        var news = await receiver.NextAsync();
        Assert.Equal("POST /hooks/understudy HTTP/1.1", news.Line);
        var json = JsonNode.Parse(news.Body)!;
        Assert.Equal(("deferred.done", id, $"/v1/deferred/{id}"), ((string?)json["type"], (string?)json["data"]!["id"], (string?)json["data"]!["url"]));
        Assert.DoesNotContain("planted", news.Body, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(GatewayStage.Whole("A planted question.")[..12], news.Body, StringComparison.Ordinal);

        // As standardwebhooks.com says it is verified.
        var signed = $"{news.Headers["webhook-id"]}.{news.Headers["webhook-timestamp"]}.{news.Body}";
        var mine = HMACSHA256.HashData(Convert.FromBase64String(Secret["whsec_".Length..]), Encoding.UTF8.GetBytes(signed));
        Assert.Equal($"v1,{Convert.ToBase64String(mine)}", news.Headers["webhook-signature"]);
        Assert.InRange(long.Parse(news.Headers["webhook-timestamp"], System.Globalization.CultureInfo.InvariantCulture), DateTimeOffset.UnixEpoch.ToUnixTimeSeconds() + 1_700_000_000, 5_000_000_000);
    }

    [Fact]
    public void Signature_IsTheOneOfTheSchemesOwnExample() => Assert.Equal(
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        WebhookSignature.Of(Secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", """{"test": 2432232314}"""u8));

    [Theory]
    [InlineData("500 Oops")]
    [InlineData("302 Found\r\nLocation: http://localhost:1/elsewhere")]
    public async Task ReceiverThatDoesNotTakeThem_HearsThemAgain_UnderOneId_AndIsToldOfOnce(string refusal)
    {
        await using var receiver = new NewsReceiver(number => number <= 2 ? refusal : "200 OK");
        await using var stage = await StageAsync(receiver.Url);
        await KeepAsync(stage);
        var ids = new List<string>();
        for (var i = 0; i < 3; i++) ids.Add((await receiver.NextAsync()).Headers["webhook-id"]);
        Assert.Single(ids.Distinct());
        await stage.WaitUntilAsync(one => one.Happenings.Any(happening => happening.Text == "localhost is told of deferred work again"));
        Assert.Single(stage.Happenings, happening => happening.Kind == "webhook" && happening.Text.Contains("can't be told", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhatCouldNotBeToldBeforeAStop_IsToldAfterTheNextStart()
    {
        string id;
        await using (var nobody = new NewsReceiver(_ => "503 Not now"))
        {
            await using var first = await StageAsync(nobody.Url);
            id = await KeepAsync(first);
            await nobody.NextAsync();
        }

        await using var receiver = new NewsReceiver(_ => "200 OK");
        await using var second = await StageAsync(receiver.Url);
        Assert.Contains(id, (await receiver.NextAsync()).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PrivateAddress_IsNotConnectedTo_UnlessAllowed()
    {
        await using var receiver = new NewsReceiver(_ => "200 OK");
        await using var stage = await StageAsync(receiver.Url, allowPrivate: false);
        await KeepAsync(stage);
        await stage.WaitUntilAsync(one => one.Happenings.Any(happening => happening.Kind == "webhook"));
        Assert.Contains("leads to a private address", stage.Happenings.Single(happening => happening.Kind == "webhook").Text, StringComparison.Ordinal);
        Assert.False(receiver.HasMore);
    }

    [Theory]
    [InlineData("93.184.215.14", true)]
    [InlineData("2606:2800:21f:cb07:6820:80da:af6b:8b2c", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("2002:a00:1::", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    public void Addresses_OfTheInternet(string address, bool isPublic) => Assert.Equal(isPublic, PublicAddress.Is(IPAddress.Parse(address)));
}
