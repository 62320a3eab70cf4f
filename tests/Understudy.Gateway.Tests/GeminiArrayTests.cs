using System.Text.Json;
using System.Text.Json.Nodes;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;
using Understudy.Observation;
using Understudy.Simulator;

namespace Understudy.Gateway.Tests;

/// <summary>Gemini's stream without <c>alt=sse</c>: one JSON array that grows.</summary>
public sealed class GeminiArrayTests
{
    private const string Path = "/v1beta/models/m:streamGenerateContent";
    private const string Body = """{"contents":[{"role":"user","parts":[{"text":"Why does the curtain rise again?"}]}]}""";

    [Theory]
    [InlineData(SimulatedProtocol.Gemini, "")]
    [InlineData(SimulatedProtocol.Gemini, "?alt=json")]
    [InlineData(SimulatedProtocol.Anthropic, "")]
    [InlineData(SimulatedProtocol.OpenAI, "")]
    public async Task WholeStream_IsOneArrayOfChunks(SimulatedProtocol vendor, string query)
    {
        await using var stage = await ArrayStage.StartAsync(vendor);
        var response = await RawClient.PostAsync(stage.Url, Path + query, Body);
        Assert.Equal(200, response.Status);
        Assert.StartsWith("application/json", response["content-type"], StringComparison.Ordinal);
        var chunks = JsonNode.Parse(response.Body)!.AsArray();
        Assert.True(chunks.Count > 5);
        Assert.Equal(GatewayStage.Whole(), string.Concat(chunks.Select(chunk => (string?)chunk!["candidates"]![0]!["content"]?["parts"]?[0]?["text"])));
        Assert.Equal("STOP", (string?)chunks[^1]!["candidates"]![0]!["finishReason"]);
    }

    [Fact]
    public async Task CutStream_IsGoneOnWith()
    {
        await using var stage = await ArrayStage.StartAsync(SimulatedProtocol.Gemini, spare: true);
        stage.Provider.Faults.Set("cut", after: 4);
        var chunks = JsonNode.Parse((await RawClient.PostAsync(stage.Url, Path, Body)).Body)!.AsArray();
        Assert.Equal(GatewayStage.Whole(), string.Concat(chunks.Select(chunk => (string?)chunk!["candidates"]![0]!["content"]?["parts"]?[0]?["text"])));
    }

    [Fact]
    public async Task BrokenStream_EndsInTheErrorAndIsNoArray()
    {
        await using var stage = await ArrayStage.StartAsync(SimulatedProtocol.Gemini);
        stage.Provider.Faults.Set("cut", after: 4);
        var response = await RawClient.PostAsync(stage.Url, Path, Body);
        Assert.Equal(200, response.Status);
        Assert.ThrowsAny<JsonException>(() => JsonNode.Parse(response.Body));
        var chunks = JsonNode.Parse(response.Text + "]")!.AsArray();
        Assert.NotNull(chunks[^1]!["error"]!["status"]);
    }

    [Fact]
    public async Task Refusal_IsAnArrayOfOneError()
    {
        await using var stage = await ArrayStage.StartAsync(SimulatedProtocol.Gemini);
        var response = await RawClient.PostAsync(stage.Url, Path, """{"contents":[]}""");
        Assert.Equal(400, response.Status);
        Assert.Equal("INVALID_ARGUMENT", (string?)Assert.Single(JsonNode.Parse(response.Body)!.AsArray())!["error"]!["status"]);
    }

    private sealed class ArrayStage : IAsyncDisposable
    {
        private readonly List<SimulatedProvider> _providers = [];
        private GatewayServer _gateway = null!;

        public Uri Url => _gateway.BaseUrl;

        public SimulatedProvider Provider => _providers[0];

        public static async Task<ArrayStage> StartAsync(SimulatedProtocol vendor, bool spare = false)
        {
            var stage = new ArrayStage();
            for (var i = 0; i < (spare ? 2 : 1); i++) stage._providers.Add(await SimulatedProvider.StartAsync(new() { Protocol = vendor, AnyModel = true }, TestContext.Current.CancellationToken));
            var protocol = vendor switch
            {
                SimulatedProtocol.Anthropic => WireProtocol.AnthropicMessages,
                SimulatedProtocol.OpenAI => WireProtocol.OpenAIChat,
                SimulatedProtocol.Gemini => WireProtocol.Gemini,
            };
            var providers = stage._providers.Select((provider, i) => new ProviderModel { Name = $"p{i}", Protocol = protocol, BaseUrl = vendor == SimulatedProtocol.OpenAI ? new(provider.BaseUrl, "v1") : provider.BaseUrl }).ToList();
            var policy = new Policy
            {
                Listen = "127.0.0.1:0",
                Providers = providers,
                Routes = [new() { Name = "all", Match = ["*"], UseCase = GatewayStage.Patient, Ladder = [.. providers.Select(provider => new TargetRung { Targets = [new TargetModel { Provider = provider, Model = "m" }] })] }],
                UseCases = [GatewayStage.Patient],
                Retry = new() { AttemptsPerTarget = 1, BaseDelay = TimeSpan.FromMilliseconds(1) },
            };
            stage._gateway = await GatewayServer.StartAsync(policy, new() { Journal = new Journal(), Chance = new(5), Time = TimeProvider.System }, TestContext.Current.CancellationToken);
            return stage;
        }

        public async ValueTask DisposeAsync()
        {
            await _gateway.DisposeAsync();
            foreach (var provider in _providers) await provider.DisposeAsync();
        }
    }
}
