using System.Text.Json.Nodes;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Gateway.Tests.Support;
using Understudy.Observation;
using Understudy.Simulator;
using Understudy.Wires;

namespace Understudy.Gateway.Tests;

/// <summary>
/// Servers that speak OpenAI's chat protocol nearly: whatever habit they have, a client of every protocol gets the
/// answer that OpenAI itself would have given it, text and tool calls, streamed or not.
/// </summary>
public sealed class CompatibleServerTests
{
    private const string Tools = "call get_weather and get_time";

    public static TheoryData<WireProtocol, bool> Table
    {
        get
        {
            var table = new TheoryData<WireProtocol, bool>();
            foreach (var protocol in WireProtocols.OfProviders)
            {
                table.Add(protocol, true);
                table.Add(protocol, false);
            }

            return table;
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task EveryHabit_GivesTheSameAnswer(WireProtocol protocol, bool stream)
    {
        foreach (var habit in SimulatorOptions.KnownDeviations.Except(["error_chunk"]))
        {
            await using var stage = await Server.StartAsync([habit]);
            foreach (var prompt in (string[])["Why does the curtain rise?", Tools])
            {
                var (status, answer, body) = await stage.AskAsync(protocol, stream, prompt);
                var where = $"{habit}: {prompt}\n{body}";
                Assert.True(status == 200, where);
                // Equal protocols: the server's own bytes, with its own habits.
                if (protocol == WireProtocol.OpenAIChat && habit is "no_finish_reason" or "reasoning_in_tags") continue;
                var calls = answer.Parts.OfType<ToolCallPart>().ToList();
                if (prompt == Tools)
                {
                    Assert.True(calls.Select(call => call.Name).SequenceEqual(["get_weather", "get_time"]), where);
                    Assert.All(calls, call => Assert.IsType<JsonObject>(JsonNode.Parse(call.Arguments)));
                    Assert.True(calls.Select(call => call.Id).Distinct().Count() == 2 && calls.All(call => call.Id.Length > 0), where);
                    Assert.True(answer.Finish == FinishReason.ToolUse, where);
                }
                else
                {
                    Assert.True(GatewayStage.Whole(prompt) == string.Concat(answer.Parts.OfType<TextPart>().Select(part => part.Text)), where);
                    Assert.True(answer.Finish == FinishReason.Stop && calls.Count == 0, where);
                }

                if (protocol != WireProtocol.OpenAIChat && habit != "no_usage") Assert.True(answer.Usage.Output > 0, where);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task ErrorBesideAChoice_IsAnErrorAndMovedOrGoneOnWith(WireProtocol protocol, bool stream)
    {
        await using var stage = await Server.StartAsync(["error_chunk"], spare: true);
        var (status, answer, body) = await stage.AskAsync(protocol, stream, GatewayStage.Prompt);
        Assert.Equal(200, status);
        Assert.True(GatewayStage.Whole() == string.Concat(answer.Parts.OfType<TextPart>().Select(part => part.Text)), body);
        Assert.Equal(FinishReason.Stop, answer.Finish);
    }

    [Theory]
    [InlineData("2024-10-21", "/openai/deployments/my%20gpt-4o/chat/completions", "?api-version=2024-10-21")]
    [InlineData(null, "/openai/v1/chat/completions", "")]
    public async Task Azure_IsAskedAsItWantsToBe(string? version, string path, string query)
    {
        await using var stage = await Server.StartAsync([], azure: true, version: version);
        var (status, answer, body) = await stage.AskAsync(WireProtocol.AnthropicMessages, true, GatewayStage.Prompt);
        Assert.True(status == 200, body);
        Assert.Equal(GatewayStage.Whole(), string.Concat(answer.Parts.OfType<TextPart>().Select(part => part.Text)));
        var received = stage.Provider.Stats.Requests.Single();
        Assert.Equal(Uri.UnescapeDataString(path), received.Path);
        Assert.Equal(query, received.Query);
        // Here the host is this machine's, which only the version tells from OpenAI's own.
        Assert.Equal(version is null ? "Bearer the-key" : null, Header(received, "authorization"));
        Assert.Equal(version is null ? null : "the-key", Header(received, "api-key"));
    }

    private static string? Header(ReceivedRequest request, string name) =>
        request.Headers.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>A gateway before one compatible server, and perhaps a good one behind it.</summary>
    private sealed class Server : IAsyncDisposable
    {
        private readonly List<IAsyncDisposable> _owned = [];
        private GatewayServer _gateway = null!;

        public SimulatedProvider Provider { get; private set; } = null!;

        public static async Task<Server> StartAsync(IReadOnlyList<string> habits, bool spare = false, bool azure = false, string? version = null)
        {
            var server = new Server();
            var cancellation = TestContext.Current.CancellationToken;
            server.Provider = await SimulatedProvider.StartAsync(new() { Protocol = SimulatedProtocol.OpenAI, AnyModel = true, Deviations = habits }, cancellation);
            server._owned.Add(server.Provider);
            var provider = new ProviderModel
            {
                Name = "compatible",
                Protocol = WireProtocol.OpenAIChat,
                BaseUrl = new(server.Provider.BaseUrl, !azure ? "v1" : version is null ? "openai/v1" : ""),
                Key = "the-key",
                ApiVersion = version,
            };
            var targets = new List<(ProviderModel Provider, string Model)> { (provider, "my gpt-4o") };
            if (spare)
            {
                var other = await SimulatedProvider.StartAsync(new() { Protocol = SimulatedProtocol.OpenAI, AnyModel = true }, cancellation);
                server._owned.Add(other);
                targets.Add((new() { Name = "spare", Protocol = WireProtocol.OpenAIChat, BaseUrl = new(other.BaseUrl, "v1") }, "gpt-4o-mini"));
            }

            var policy = new Policy
            {
                Listen = "127.0.0.1:0",
                Providers = [.. targets.Select(target => target.Provider)],
                Routes = [new() { Name = "all", Match = ["*"], UseCase = GatewayStage.Patient, Ladder = [.. targets.Select(target => new TargetRung { Targets = [new TargetModel { Provider = target.Provider, Model = target.Model }] })] }],
                UseCases = [GatewayStage.Patient],
                Retry = new() { AttemptsPerTarget = 1 },
            };
            server._gateway = await GatewayServer.StartAsync(policy, new() { Journal = new Journal(), Chance = new(5), Time = TimeProvider.System }, cancellation);
            // Asked in Responses it would say so in OpenAI's own way; here it is one that knows only chat.
            server._gateway.Engine.Targets.Get(provider, "my gpt-4o", policy.Breaker).Target.LacksResponses = true;
            if (spare) server._gateway.Engine.Targets.Get(targets[1].Provider, "gpt-4o-mini", policy.Breaker).Target.LacksResponses = true;
            return server;
        }

        public async Task<(int Status, Answer Answer, string Body)> AskAsync(WireProtocol protocol, bool stream, string prompt)
        {
            var response = await RawClient.PostAsync(_gateway.BaseUrl, Path(protocol, stream), Request(protocol, stream, prompt).ToJsonString());
            if (response.Status != 200) return (response.Status, new(), response.Text);
            if (!stream) return (200, Wire.Of(protocol).ReadAnswer(response.Body), response.Text);
            var reader = Wire.Of(protocol).NewStreamReader();
            var collected = new AnswerCollector();
            var at = 0;
            var resume = 0;
            while (SseSplitter.TryFindEnd(response.Body.AsSpan(at), ref resume, out var length))
            {
                reader.Read(response.Body.AsSpan(at, length), collected);
                at += length;
            }

            reader.Complete(collected);
            return (200, collected.ToAnswer(), response.Text);
        }

        public async ValueTask DisposeAsync()
        {
            await _gateway.DisposeAsync();
            foreach (var owned in _owned) await owned.DisposeAsync();
        }

        private static string Path(WireProtocol protocol, bool stream) => protocol switch
        {
            WireProtocol.AnthropicMessages => "/v1/messages",
            WireProtocol.OpenAIChat => "/v1/chat/completions",
            WireProtocol.OpenAIResponses => "/v1/responses",
            WireProtocol.InProcess => throw new ArgumentOutOfRangeException(nameof(protocol)),
            WireProtocol.Gemini => stream ? "/v1beta/models/m:streamGenerateContent?alt=sse" : "/v1beta/models/m:generateContent",
        };

        private static JsonObject Request(WireProtocol protocol, bool stream, string prompt)
        {
            string[] names = ["get_weather", "get_time"];
            var schema = """{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}""";
            return protocol switch
            {
                WireProtocol.AnthropicMessages => new()
                {
                    ["model"] = "m",
                    ["max_tokens"] = 4096,
                    ["stream"] = stream,
                    ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }),
                    ["tools"] = new JsonArray([.. names.Select(name => new JsonObject { ["name"] = name, ["input_schema"] = JsonNode.Parse(schema) })]),
                },
                WireProtocol.OpenAIChat => new()
                {
                    ["model"] = "m",
                    ["stream"] = stream,
                    ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }),
                    ["tools"] = new JsonArray([.. names.Select(name => new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = name, ["parameters"] = JsonNode.Parse(schema) } })]),
                },
                WireProtocol.OpenAIResponses => new()
                {
                    ["model"] = "m",
                    ["stream"] = stream,
                    ["input"] = prompt,
                    ["tools"] = new JsonArray([.. names.Select(name => new JsonObject { ["type"] = "function", ["name"] = name, ["strict"] = false, ["parameters"] = JsonNode.Parse(schema) })]),
                },
                WireProtocol.InProcess => throw new ArgumentOutOfRangeException(nameof(protocol)),
                WireProtocol.Gemini => new()
                {
                    ["contents"] = new JsonArray(new JsonObject { ["role"] = "user", ["parts"] = new JsonArray(new JsonObject { ["text"] = prompt }) }),
                    ["tools"] = new JsonArray(new JsonObject { ["functionDeclarations"] = new JsonArray([.. names.Select(name => new JsonObject { ["name"] = name, ["parametersJsonSchema"] = JsonNode.Parse(schema) })]) }),
                },
            };
        }
    }
}
