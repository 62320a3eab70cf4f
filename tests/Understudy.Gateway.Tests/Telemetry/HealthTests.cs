using Understudy.Gateway.Tests.Support;

namespace Understudy.Gateway.Tests.Telemetry;

public sealed class HealthTests
{
    private const string Ask = """{"model":"claude-sonnet-4-5","max_tokens":50,"messages":[{"role":"user","content":"Why?"}]}""";

    [Fact]
    public async Task Provider_TellsSinceWhenItIsGone_AndWhy()
    {
        await using var stage = await GatewayStage.StartAsync(change: (policy, _) => policy with { Kill = new(["spare"]) });
        stage.Claude.Faults.Set(new Simulator.Faults.FaultSpec { Kind = "status", Code = 529 });
        for (var i = 0; i < 5; i++) Assert.Equal(200, (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask)).Status);
        await stage.WaitUntilAsync(now => now.Records.Count == 5);
        var providers = (await RawClient.AskAsync(stage.Url, "GET /health/providers HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")).Json["providers"]!.AsArray();
        var claude = providers.Single(provider => (string)provider!["name"]! == "claude")!;
        Assert.False((bool)claude["available"]!);
        Assert.Equal("overloaded", (string)claude["why"]!);
        var target = Assert.Single(claude["targets"]!.AsArray())!;
        Assert.Equal("open", (string)target["breaker"]!);
        Assert.Equal((string)claude["since"]!, (string)target["since"]!);
        Assert.InRange(DateTimeOffset.Parse((string)target["last_failure"]!, System.Globalization.CultureInfo.InvariantCulture), stage.Records[0].StartedAt, DateTimeOffset.Parse((string)claude["since"]!, System.Globalization.CultureInfo.InvariantCulture).AddSeconds(1));
        var openai = providers.Single(provider => (string)provider!["name"]! == "openai")!;
        Assert.True((bool)openai["available"]!);
        Assert.NotNull(openai["targets"]![0]!["last_answer"]);
        var spare = providers.Single(provider => (string)provider!["name"]! == "spare")!;
        Assert.Equal((false, "switched off by an operator"), ((bool)spare["available"]!, (string)spare["why"]!));
    }
}
