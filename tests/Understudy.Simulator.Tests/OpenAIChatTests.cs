using System.Text.Json.Nodes;
using Understudy.Simulator.Tests.Support;

namespace Understudy.Simulator.Tests;

public sealed class OpenAIChatTests
{
    [Fact]
    public async Task PlainStream_HasTheVendorsChunksInOrder()
    {
        await using var client = await Client.OpenAIAsync();
        var body = Client.Chat("Tell me a story.", stream: true);
        body["stream_options"] = new JsonObject { ["include_usage"] = true };

        using var response = await client.ChatAsync(body);
        var (events, broke) = await Client.EventsAsync(response);

        Assert.Null(broke);
        Assert.All(events, e => Assert.Null(e.Name));
        Assert.Equal("[DONE]", events[^1].Data);
        var chunks = events.SkipLast(1).Select(e => e.Json).ToList();
        Assert.All(chunks, chunk => Assert.True(chunk["created"]!.GetValue<System.Text.Json.JsonElement>().TryGetInt64(out _)));
        Assert.Equal("assistant", (string?)chunks[0]["choices"]![0]!["delta"]!["role"]);
        Assert.Equal("", (string?)chunks[0]["choices"]![0]!["delta"]!["content"]);
        Assert.Equal("stop", (string?)chunks[^2]["choices"]![0]!["finish_reason"]);
        Assert.Empty(chunks[^1]["choices"]!.AsArray());
        Assert.All(chunks.SkipLast(1), chunk => Assert.True(chunk.ContainsKey("usage") && chunk["usage"] is null));
        Assert.Equal((int)chunks[^1]["usage"]!["prompt_tokens"]! + (int)chunks[^1]["usage"]!["completion_tokens"]!, (int)chunks[^1]["usage"]!["total_tokens"]!);
        Assert.Equal(AnswerText.For("Tell me a story.", 1), Text(chunks));
        Assert.StartsWith("req_", response.Headers.GetValues("x-request-id").Single());
    }

    [Fact]
    public async Task WithoutIncludeUsage_NoChunkHasUsage()
    {
        await using var client = await Client.OpenAIAsync();

        using var response = await client.ChatAsync(Client.Chat("Hi", stream: true));
        var (events, _) = await Client.EventsAsync(response);

        Assert.All(events.SkipLast(1), e => Assert.False(e.Json.ContainsKey("usage")));
    }

    [Fact]
    public async Task SameSeedAndPrompt_GiveTheSameAnswerAtTwoVendors()
    {
        await using var claude = await Client.AnthropicAsync(options => options.Seed = 7);
        await using var openAI = await Client.OpenAIAsync(options => options.Seed = 7);

        using var left = await claude.MessagesAsync(Client.Message("What now?"));
        using var right = await openAI.ChatAsync(Client.Chat("What now?"));

        Assert.Equal((string?)(await Client.JsonAsync(left))["content"]![0]!["text"], (string?)(await Client.JsonAsync(right))["choices"]![0]!["message"]!["content"]);
    }

    [Fact]
    public async Task ToolCalls_SendIdTypeAndNameOnceAndArgumentsInPieces()
    {
        await using var client = await Client.OpenAIAsync();
        var body = Client.Chat("call find_it twice please", stream: true);
        body["tools"] = JsonNode.Parse("""[{"type":"function","function":{"name":"find_it","parameters":{"type":"object","properties":{"what":{"type":"string"},"kind":{"enum":["a","b"]}},"required":["what","kind"]}}}]""");

        using var response = await client.ChatAsync(body);
        var (events, _) = await Client.EventsAsync(response);
        var calls = events.SkipLast(1).Select(e => e.Json["choices"]![0]!["delta"]!["tool_calls"]?[0]).Where(call => call is not null).ToList();

        Assert.Equal(2, calls.Count(call => call!["id"] is not null));
        foreach (var group in calls.GroupBy(call => (int)call!["index"]!))
        {
            Assert.Single(group, call => call!["function"]!["name"] is not null);
            var arguments = Client.Parse(string.Concat(group.Select(call => (string?)call!["function"]!["arguments"])));
            Assert.Equal("a", (string?)arguments["kind"]);
        }

        Assert.Equal("tool_calls", (string?)events[^2].Json["choices"]![0]!["finish_reason"]);
    }

    [Fact]
    public async Task JsonSchema_IsFittedByTheAnswer()
    {
        await using var client = await Client.OpenAIAsync();
        var body = Client.Chat("Who?");
        body["response_format"] = JsonNode.Parse("""{"type":"json_schema","json_schema":{"name":"person","strict":true,"schema":{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":18},"tags":{"type":"array","items":{"type":"string"}}},"required":["name","age","tags"],"additionalProperties":false}}}""");

        using var response = await client.ChatAsync(body);
        var answer = Client.Parse((string)(await Client.JsonAsync(response))["choices"]![0]!["message"]!["content"]!);

        Assert.Equal(["name", "age", "tags"], answer.Select(member => member.Key));
        Assert.True((int)answer["age"]! >= 18);
    }

    [Fact]
    public async Task ReasoningModel_BillsReasoningAndShowsNone()
    {
        await using var client = await Client.OpenAIAsync();

        using var response = await client.ChatAsync(Client.Chat("Hi", model: "gpt-5"));
        var answer = await Client.JsonAsync(response);

        Assert.Equal(AnswerText.For("Hi", 1), (string?)answer["choices"]![0]!["message"]!["content"]);
        Assert.True((int)answer["usage"]!["completion_tokens_details"]!["reasoning_tokens"]! > 0);
    }

    [Fact]
    public async Task Models_AreListed()
    {
        await using var client = await Client.OpenAIAsync(options => options.Models = ["llama3.1"]);

        var list = Client.Parse(await client.Http.GetStringAsync("/v1/models"));

        Assert.Equal("llama3.1", (string?)list["data"]![0]!["id"]);
        Assert.Equal("model", (string?)list["data"]![0]!["object"]);
    }

    private static string Text(List<JsonObject> chunks) =>
        string.Concat(chunks.Where(chunk => chunk["choices"]!.AsArray().Count > 0).Select(chunk => (string?)chunk["choices"]![0]!["delta"]!["content"]));
}
