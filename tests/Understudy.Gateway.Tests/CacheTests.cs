using System.Text;
using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;

namespace Understudy.Gateway.Tests;

/// <summary>Cached answers from outside: with the vendors' own libraries, clients apart, and over a restart.</summary>
public sealed class CacheTests
{
    private const string Ask = """{"model":"claude-sonnet-4-5","max_tokens":1024,"temperature":0,"messages":[{"role":"user","content":"Why does the curtain rise again?"}]}""";

    private static Task<GatewayStage> StageAsync(CacheRung? cache = null, Func<Policy, Policy>? more = null) => GatewayStage.StartAsync(change: (policy, _) => (more ?? (same => same))(policy with
    {
        AdminToken = "admin-token-0123456789",
        Routes = [.. policy.Routes.Select(route => route with { Ladder = [.. route.Ladder, cache ?? new()] })],
    }));

    private static ClientModel Client(string name) => new() { Name = name, KeyHash = System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes($"key-of-{name}")) };

    [Theory]
    [InlineData(Vendor.Anthropic, true, false)]
    [InlineData(Vendor.Anthropic, false, true)]
    [InlineData(Vendor.OpenAI, true, false)]
    [InlineData(Vendor.OpenAI, false, true)]
    public async Task EveryProviderDies_TheSdkGetsTheAnswerOfBefore(Vendor vendor, bool before, bool after)
    {
        await using var stage = await StageAsync();
        var model = vendor == Vendor.Anthropic ? Sdk.Claude : Sdk.Gpt;
        var first = await Sdk.AskAsync(vendor, stage.Url, before, model: model);
        stage.FailAll("status");
        var again = await Sdk.AskAsync(vendor, stage.Url, after, model: model);
        Assert.Equal(first.Text, again.Text);
        Assert.Equal(first.StopReason, again.StopReason);
        await stage.WaitUntilAsync(one => one.Records.Count == 2);
        Assert.Equal("cache", stage.Records[1].ServedBy);
    }

    [Fact]
    public async Task Headers_TellItsAge()
    {
        await using var stage = await StageAsync(new() { Fresh = TimeSpan.FromMinutes(5) });
        await RawClient.PostAsync(stage.Url, "/v1/messages", Ask);
        var response = await RawClient.PostAsync(stage.Url, "/v1/messages", Ask);
        Assert.Equal((200, "cache", "false", "0"), (response.Status, response["x-understudy-served-by"], response["x-understudy-degraded"], response["x-understudy-attempts"]));
        Assert.NotNull(response["age"]);
        Assert.Equal("claude/claude-sonnet-4-5", (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask, "cache-control: no-cache\r\n"))["x-understudy-served-by"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OneClientsAnswer_IsNoOtherClients_UnlessShared(bool shared)
    {
        await using var stage = await StageAsync(new() { Fresh = TimeSpan.FromMinutes(5), Shared = shared }, policy => policy with { Clients = [Client("one"), Client("two")] });
        await RawClient.PostAsync(stage.Url, "/v1/messages", Ask, "x-api-key: key-of-one\r\n");
        Assert.Equal("cache", (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask, "x-api-key: key-of-one\r\n"))["x-understudy-served-by"]);
        Assert.Equal(shared, (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask, "x-api-key: key-of-two\r\n"))["x-understudy-served-by"] == "cache");
    }

    [Fact]
    public async Task Purge_ByClient()
    {
        await using var stage = await StageAsync(new() { Fresh = TimeSpan.FromMinutes(5) }, policy => policy with { Clients = [Client("one"), Client("two")] });
        foreach (var name in (string[])["one", "two"]) await RawClient.PostAsync(stage.Url, "/v1/messages", Ask, $"x-api-key: key-of-{name}\r\n");
        var auth = "authorization: Bearer admin-token-0123456789\r\n";
        Assert.Equal(400, (await RawClient.PostAsync(stage.Url, "/admin/purge", "{}", auth)).Status);
        Assert.Equal(1, (int?)(await RawClient.PostAsync(stage.Url, "/admin/purge", """{"client":"one"}""", auth)).Json["purged"]);
        Assert.Equal("claude/claude-sonnet-4-5", (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask, "x-api-key: key-of-one\r\n"))["x-understudy-served-by"]);
        Assert.Equal("cache", (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask, "x-api-key: key-of-two\r\n"))["x-understudy-served-by"]);
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("a-cache-key-of-an-operator", "a-cache-key-of-an-operator", true)]
    [InlineData("a-cache-key-of-an-operator", "another-cache-key-than-before", false)]
    [InlineData("a-cache-key-of-an-operator", null, false)]
    public async Task Store_GivesAnswersBackAfterARestart_UnderTheSameKey(string? key, string? later, bool found)
    {
        var folder = Directory.CreateTempSubdirectory("understudy-cache");
        try
        {
            var file = Path.Combine(folder.FullName, "understudy.db");
            Func<Policy, Policy> Stored(string? secret) => policy => policy with { Store = new() { Kind = StoreKind.Sqlite, Location = file }, Cache = new() { Key = secret } };
            string text;
            await using (var first = await StageAsync(more: Stored(key)))
            {
                text = (await RawClient.PostAsync(first.Url, "/v1/messages", Ask)).Text;
                Assert.Equal(200, (await RawClient.PostAsync(first.Url, "/v1/messages", Ask)).Status);
            }

            var said = GatewayStage.Whole()[..20];
            Assert.Contains(said, text, StringComparison.Ordinal);
            Assert.Equal(key is null, Encoding.UTF8.GetString(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)).Contains(said, StringComparison.Ordinal));

            await using var second = await StageAsync(more: Stored(later));
            second.FailAll("status");
            var response = await RawClient.PostAsync(second.Url, "/v1/messages", Ask);
            Assert.Equal(found ? 200 : 529, response.Status);
            if (found) Assert.Contains(said, response.Text, StringComparison.Ordinal);
            else Assert.Contains(second.Happenings, happening => happening.Text.Contains("sealed under another cache key", StringComparison.Ordinal));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
