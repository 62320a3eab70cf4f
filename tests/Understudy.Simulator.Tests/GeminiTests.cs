using System.Net;
using System.Text.Json.Nodes;
using Understudy.Simulator.Faults;
using Understudy.Simulator.Tests.Support;

namespace Understudy.Simulator.Tests;

public sealed class GeminiTests
{
    private const string Ask = """{"contents":[{"role":"user","parts":[{"text":"Tell me a story."}]}]}""";

    private static readonly string Whole = AnswerText.For("Tell me a story.", 1);

    [Fact]
    public async Task Stream_IsUnnamedEventsAndEndsWithAFinishReason()
    {
        await using var client = await Client.StartAsync(SimulatedProtocol.Gemini);

        using var response = await client.SendAsync("/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", Ask);
        var (events, _) = await Client.EventsAsync(response);

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.All(events, e => Assert.Null(e.Name));
        Assert.Equal(Whole, string.Concat(events.Select(e => (string?)e.Json["candidates"]![0]!["content"]!["parts"]![0]!["text"])));
        Assert.Equal("STOP", (string?)events[^1].Json["candidates"]![0]!["finishReason"]);
        Assert.All(events.SkipLast(1), e => Assert.Null(e.Json["candidates"]![0]!["finishReason"]));
        Assert.Equal(client.Provider.Stats.OutputTokens, (long)events[^1].Json["usageMetadata"]!["candidatesTokenCount"]!);
    }

    [Fact]
    public async Task StreamWithoutEvents_IsOneJsonArray()
    {
        await using var client = await Client.StartAsync(SimulatedProtocol.Gemini);

        using var response = await client.SendAsync("/v1beta/models/gemini-2.5-pro:streamGenerateContent", Ask);
        var chunks = JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsArray();

        Assert.Equal(Whole, string.Concat(chunks.Select(chunk => (string?)chunk!["candidates"]![0]!["content"]!["parts"]![0]!["text"])));
    }

    [Fact]
    public async Task FunctionCalls_AreTakenBackChunkByChunkAsGooglesOwnSdkSendsThem()
    {
        await using var client = await Client.StartAsync(SimulatedProtocol.Gemini);
        var body = Client.Parse("""{"contents":[{"role":"user","parts":[{"text":"call f twice"}]}],"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING"}},"required":["a"]}}]}]}""");
        const string Model = "/v1beta/models/gemini-3-pro-preview";

        using var first = await client.SendAsync(Model + ":streamGenerateContent?alt=sse", body.ToJsonString());
        var (events, _) = await Client.EventsAsync(first);
        var contents = body["contents"]!.AsArray();
        foreach (var chunk in events) contents.Add(chunk.Json["candidates"]![0]!["content"]!.DeepClone());
        contents.Add(JsonNode.Parse("""{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"1"}}}]}"""));
        using var half = await client.SendAsync(Model + ":generateContent", body.ToJsonString());
        contents[^1]!["parts"]!.AsArray().Add(JsonNode.Parse("""{"functionResponse":{"name":"f","response":{"output":"2"}}}"""));
        using var second = await client.SendAsync(Model + ":generateContent", body.ToJsonString());

        Assert.Equal(3, events.Count);
        Assert.Equal(HttpStatusCode.BadRequest, half.StatusCode);
        Assert.Equal(AnswerText.For(AnswerText.Prompt("call f twice", "1", "2"), 1), (string?)(await Client.JsonAsync(second))["candidates"]![0]!["content"]!["parts"]![0]!["text"]);
    }

    [Fact]
    public async Task FunctionCall_IsSignedAndTakenBack()
    {
        await using var client = await Client.StartAsync(SimulatedProtocol.Gemini);
        var body = Client.Parse("""{"contents":[{"role":"user","parts":[{"text":"call f twice"}]}],"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING"}},"required":["a"]}}]}]}""");
        const string Path = "/v1beta/models/gemini-3-pro-preview:generateContent";

        using var first = await client.SendAsync(Path, body.ToJsonString());
        var content = (await Client.JsonAsync(first))["candidates"]![0]!["content"]!;
        Assert.Equal(2, content["parts"]!.AsArray().Count);
        Assert.NotNull(content["parts"]![0]!["thoughtSignature"]);
        Assert.Null(content["parts"]![1]!["thoughtSignature"]);

        var contents = body["contents"]!.AsArray();
        contents.Add(content.DeepClone());
        contents.Add(JsonNode.Parse("""{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"1"}}},{"functionResponse":{"name":"f","response":{"output":"2"}}}]}"""));
        using var second = await client.SendAsync(Path, body.ToJsonString());
        Assert.Equal(AnswerText.For(AnswerText.Prompt("call f twice", "1", "2"), 1), (string?)(await Client.JsonAsync(second))["candidates"]![0]!["content"]!["parts"]![0]!["text"]);

        contents[1]!["parts"]![0]!.AsObject().Remove("thoughtSignature");
        using var unsigned = await client.SendAsync(Path, body.ToJsonString());
        Assert.Contains("missing a thought_signature", (string?)(await Client.JsonAsync(unsigned))["error"]!["message"]);

        contents[1]!["parts"]![0]!["thoughtSignature"] = "skip_thought_signature_validator";
        contents[2]!["parts"]!.AsArray().RemoveAt(1);
        using var uneven = await client.SendAsync(Path, body.ToJsonString());
        Assert.Contains("number of function response parts is equal", (string?)(await Client.JsonAsync(uneven))["error"]!["message"]);
    }

    [Fact]
    public async Task Prefill_IsContinued()
    {
        await using var client = await Client.StartAsync(SimulatedProtocol.Gemini);
        var body = Client.Parse(Ask);
        body["contents"]!.AsArray().Add(new JsonObject { ["role"] = "model", ["parts"] = new JsonArray(new JsonObject { ["text"] = Whole[..33] }) });

        using var response = await client.SendAsync("/v1beta/models/gemini-2.5-flash:generateContent", body.ToJsonString());

        Assert.Equal(Whole[33..], (string?)(await Client.JsonAsync(response))["candidates"]![0]!["content"]!["parts"]![0]!["text"]);
    }

    [Fact]
    public async Task RateLimit_TellsItsWaitInTheBodyOnly()
    {
        await using var client = await Client.StartAsync(SimulatedProtocol.Gemini);
        client.Provider.Faults.Set(new FaultSpec { Kind = "status", Code = 429, RetryAfter = 34.4 });

        using var response = await client.SendAsync("/v1beta/models/gemini-2.5-pro:generateContent", Ask);
        var error = (await Client.JsonAsync(response))["error"]!;

        Assert.Null(response.Headers.RetryAfter);
        Assert.Equal("RESOURCE_EXHAUSTED", (string?)error["status"]);
        Assert.Equal("34.4s", (string?)error["details"]![1]!["retryDelay"]);
    }

    [Theory]
    [InlineData("""{"contents":[]}""", "contents is not specified")]
    [InlineData("""{"contents":[{"role":"user","parts":[{"text":"x"}]}],"messages":[]}""", "Unknown name \"messages\"")]
    [InlineData("""{"contents":[{"role":"assistant","parts":[{"text":"x"}]}]}""", "Please use a valid role: user, model.")]
    [InlineData("""{"contents":[{"role":"user","parts":[{}]}]}""", "must have one initialized field")]
    [InlineData("""{"contents":[{"role":"user","parts":[{"text":"x"}]}],"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"object","additionalProperties":false}}]}]}""", "Unknown name \"additionalProperties\"")]
    public async Task WrongRequests_GetA400(string body, string message)
    {
        await using var client = await Client.StartAsync(SimulatedProtocol.Gemini);

        using var response = await client.SendAsync("/v1beta/models/gemini-2.5-pro:generateContent", body);
        var error = (await Client.JsonAsync(response))["error"]!;

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("INVALID_ARGUMENT", (string?)error["status"]);
        Assert.Contains(message, (string?)error["message"]);
    }

    [Fact]
    public async Task CountTokensAndModels_AreServed()
    {
        await using var client = await Client.StartAsync(SimulatedProtocol.Gemini);

        using var count = await client.SendAsync("/v1beta/models/gemini-2.5-pro:countTokens", Ask);
        var models = Client.Parse(await client.Http.GetStringAsync("/v1beta/models"));

        Assert.True((int)(await Client.JsonAsync(count))["totalTokens"]! > 0);
        Assert.StartsWith("models/gemini-", (string?)models["models"]![0]!["name"]);
    }

    [Fact]
    public async Task WrongKey_IsA400WithItsReason()
    {
        await using var client = await Client.StartAsync(SimulatedProtocol.Gemini, options => options.Key = "right");

        using var refused = await client.SendAsync("/v1beta/models/gemini-2.5-pro:generateContent", Ask, default, ("x-goog-api-key", "wrong"));
        using var answered = await client.SendAsync("/v1beta/models/gemini-2.5-pro:generateContent?key=right", Ask);

        Assert.Equal("API_KEY_INVALID", (string?)(await Client.JsonAsync(refused))["error"]!["details"]![0]!["reason"]);
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
    }
}
