using Understudy.Gateway.Tests.Support;

namespace Understudy.Gateway.Tests.Telemetry;

public sealed class OtlpTests
{
    private const string Ask = """{"model":"claude-sonnet-4-5","max_tokens":50,"stream":true,"messages":[{"role":"user","content":"Why does the curtain rise again?"}]}""";
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Parent = "b7ad6b7169203331";

    [Fact]
    public async Task FailedOverCall_IsOneSpan_WithItsRungsAndAttempts()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var stage = await GatewayStage.StartAsync(openTelemetry: receiver.Variables);
        await using (stage)
        {
            stage.Claude.Faults.Set(new Simulator.Faults.FaultSpec { Kind = "status", Code = 529 });
            var response = await RawClient.PostAsync(stage.Url, "/v1/messages", Ask, $"traceparent: 00-{Trace}-{Parent}-01\r\ntracestate: play=hamlet\r\n");
            Assert.Equal("openai/gpt-4o", response["x-understudy-served-by"]);
            await stage.OnlyRecordAsync();
        }

        var spans = receiver.Spans;
        var record = Assert.Single(stage.Records);
        Assert.All(spans, span => Assert.Equal(Trace, span.TraceId));
        var request = Assert.Single(spans, span => span.Parent == Parent);
        Assert.Equal(("chat claude-sonnet-4-5", 2L, 0L, "play=hamlet"), (request.Name, request.Kind, request.Status, request.TraceState));
        Assert.Equal("answered", request.Attributes["understudy.outcome"]);
        Assert.Equal("openai/gpt-4o", request.Attributes["understudy.served_by"]);
        Assert.Equal(record.Id, request.Attributes["understudy.request_id"]);
        Assert.Equal("claude-sonnet-4-5", request.Attributes["gen_ai.request.model"]);
        Assert.Equal("chat", request.Attributes["gen_ai.operation.name"]);
        Assert.Equal("true", request.Attributes["gen_ai.request.stream"]);
        Assert.True(request.Attributes.ContainsKey("gen_ai.response.time_to_first_chunk"));
        Assert.Equal(record.StartedAt.ToUnixTimeMilliseconds(), request.Start / 1_000_000);
        Assert.Equal((record.StartedAt + record.Duration).ToUnixTimeMilliseconds(), request.End / 1_000_000);

        var rungs = spans.Where(span => span.Parent == request.SpanId).OrderBy(span => span.Start).ToList();
        Assert.Equal(["rung 1", "rung 2"], rungs.Select(rung => rung.Name));
        var refused = spans.Where(span => span.Parent == rungs[0].SpanId).OrderBy(span => span.Start).ToList();
        Assert.Equal(2, refused.Count);
        Assert.All(refused, attempt =>
        {
            Assert.Equal(("chat claude-sonnet-4-5", 3L, 2L), (attempt.Name, attempt.Kind, attempt.Status));
            Assert.Equal("anthropic", attempt.Attributes["gen_ai.provider.name"]);
            Assert.Equal("overloaded", attempt.Attributes["error.type"]);
            Assert.Equal("529", attempt.Attributes["http.response.status_code"]);
            Assert.Equal(stage.Claude.BaseUrl.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), attempt.Attributes["server.port"]);
            var (name, told) = Assert.Single(attempt.Events);
            Assert.Equal(("exception", "overloaded"), (name, told["exception.type"]));
        });
        Assert.True(refused[1].Attributes.ContainsKey("understudy.backoff_seconds"));
        var served = Assert.Single(spans, span => span.Parent == rungs[1].SpanId);
        Assert.Equal(("chat gpt-4o", 0L), (served.Name, served.Status));
        Assert.Equal("openai", served.Attributes["gen_ai.provider.name"]);
        Assert.Equal(record.Usage.Output.ToString(System.Globalization.CultureInfo.InvariantCulture), served.Attributes["gen_ai.usage.output_tokens"]);
        Assert.Equal(1 + 2 + 3, spans.Count);
        Assert.All(spans, span => Assert.True(request.Start <= span.Start && span.Start <= span.End && span.End <= request.End, span.Name));

        Assert.All(receiver.Resources, resource => Assert.Equal(("understudy", "test"), (resource["service.name"], resource["deployment.environment.name"])));
        Assert.All(receiver.Received, request => Assert.Contains("x-tenant: theatre", request.Headers, StringComparison.Ordinal));
        Assert.Contains("understudy.requests", receiver.Metrics);
        Assert.Contains("gen_ai.client.operation.duration", receiver.Metrics);
        Assert.Contains("gen_ai.client.token.usage", receiver.Metrics);

        // Upstream went our own span's id, in the client's trace, whether the bytes passed or were translated.
        foreach (var provider in (IEnumerable<Simulator.SimulatedProvider>)[stage.Claude, stage.OpenAI])
        {
            Assert.All(provider.Stats.Requests, received =>
            {
                Assert.Equal($"00-{Trace}-{request.SpanId}-01", received.Headers["traceparent"]);
                Assert.Equal("play=hamlet", received.Headers["tracestate"]);
            });
        }
    }

    [Fact]
    public async Task UnansweredCall_IsAnError_AndWhatWasPassedOverIsTold()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var stage = await GatewayStage.StartAsync(openTelemetry: receiver.Variables, change: (policy, _) => policy with { Kill = new(["openai"]) });
        await using (stage)
        {
            stage.FailAll("status");
            await RawClient.PostAsync(stage.Url, "/v1/messages", Ask);
            await stage.OnlyRecordAsync();
        }

        var request = Assert.Single(receiver.Spans, span => span.Kind == 2);
        Assert.Equal("failed", request.Attributes["understudy.outcome"]);
        Assert.Equal(2, request.Status);
        Assert.Equal("", request.Parent);
        var rung = Assert.Single(receiver.Spans, span => span.Name == "rung 2");
        Assert.Contains(rung.Events, told => told.Name == "passed over" && told.Attributes["understudy.target"] == "openai/gpt-4o" && told.Attributes["error.type"] == "killed");
    }

    [Fact]
    public async Task WithoutAnEndpoint_NothingIsTraced_AndTheClientsTracePassesOn()
    {
        await using var stage = await GatewayStage.StartAsync(openTelemetry: new() { ["OTEL_SERVICE_NAME"] = "nobody-listens" });
        stage.Claude.Faults.Set(new Simulator.Faults.FaultSpec { Kind = "refuse" });
        await RawClient.PostAsync(stage.Url, "/v1/messages", Ask, $"traceparent: 00-{Trace}-{Parent}-01\r\n");
        Assert.Null((await stage.OnlyRecordAsync()).Span);
        Assert.Equal($"00-{Trace}-{Parent}-01", Assert.Single(stage.OpenAI.Stats.Requests).Headers["traceparent"]);
    }

    [Theory]
    [InlineData("OTEL_SDK_DISABLED", "true")]
    [InlineData("OTEL_TRACES_EXPORTER", "none")]
    [InlineData("OTEL_TRACES_SAMPLER", "always_off")]
    public async Task Variables_AreHonoured(string name, string value)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var variables = receiver.Variables;
        variables[name] = value;
        await using (var stage = await GatewayStage.StartAsync(openTelemetry: variables))
        {
            Assert.Equal(200, (await RawClient.PostAsync(stage.Url, "/v1/messages", Ask)).Status);
            await stage.OnlyRecordAsync();
        }

        Assert.Empty(receiver.Spans);
        Assert.Equal(name == "OTEL_SDK_DISABLED", receiver.Metrics.Count == 0);
    }
}
