using System.Text.Json.Nodes;
using Understudy.Simulator.Tests.Support;

namespace Understudy.Simulator.Tests;

public sealed class AnthropicStreamTests
{
    private const string WeatherTool = """{"name":"get_weather","input_schema":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"},"note":{"type":"string"}},"required":["city","days"]}}""";

    [Fact]
    public async Task PlainStream_HasTheVendorsEventsInOrder()
    {
        await using var client = await Client.AnthropicAsync();

        using var response = await client.MessagesAsync(Client.Message("Tell me a story.", stream: true));
        var (events, broke) = await Client.EventsAsync(response);

        Assert.Null(broke);
        Assert.Equal("text/event-stream; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.StartsWith("req_", response.Headers.GetValues("request-id").Single());
        Assert.True(response.Headers.Contains("anthropic-ratelimit-requests-remaining"));
        Assert.All(events, e => Assert.Equal(e.Name, (string?)e.Json["type"]));
        Assert.Equal(["message_start", "content_block_start", "ping"], events.Take(3).Select(e => e.Name));
        Assert.Equal(["content_block_stop", "message_delta", "message_stop"], events.TakeLast(3).Select(e => e.Name));
        Assert.Equal(AnswerText.For("Tell me a story.", 1), Text(events));
        Assert.Equal("end_turn", (string?)events[^2].Json["delta"]!["stop_reason"]);
        Assert.Equal(AnswerText.Pieces(AnswerText.For("Tell me a story.", 1)).Count, (int?)events[^2].Json["usage"]!["output_tokens"]);
        Assert.Equal(0, (int?)events[0].Json["message"]!["usage"]!["cache_read_input_tokens"]);
        Assert.Equal(1, client.Provider.Stats.Answered);
    }

    [Fact]
    public async Task WholeAnswer_SaysWhatTheStreamSays()
    {
        await using var client = await Client.AnthropicAsync();

        using var response = await client.MessagesAsync(Client.Message("Tell me a story."));
        var message = await Client.JsonAsync(response);

        Assert.Equal("message", (string?)message["type"]);
        Assert.Equal(AnswerText.For("Tell me a story.", 1), (string?)message["content"]![0]!["text"]);
        Assert.Equal("end_turn", (string?)message["stop_reason"]);
        Assert.True(message.ContainsKey("stop_sequence"));
    }

    [Fact]
    public async Task TwoNamedTools_AreCalledInParallelAndTheirInputFitsTheSchema()
    {
        await using var client = await Client.AnthropicAsync();
        var body = Client.Message("Please call get_weather twice for Paris", stream: true);
        body["tools"] = new JsonArray(JsonNode.Parse(WeatherTool));

        using var response = await client.MessagesAsync(body);
        var (events, _) = await Client.EventsAsync(response);

        Assert.Equal([0, 1], events.Where(e => e.Name == "content_block_start").Select(e => (int)e.Json["index"]!));
        Assert.Equal("tool_use", (string?)events[^2].Json["delta"]!["stop_reason"]);
        for (var index = 0; index < 2; index++)
        {
            var input = Client.Parse(string.Concat(events
                .Where(e => e.Name == "content_block_delta" && (int)e.Json["index"]! == index)
                .Select(e => (string?)e.Json["delta"]!["partial_json"])));
            Assert.Equal(["city", "days"], input.Select(member => member.Key));
            Assert.True((int)input["days"]! > 0);
        }
    }

    [Fact]
    public async Task ToolResults_AreAnsweredWithTextThatDependsOnThem()
    {
        await using var client = await Client.AnthropicAsync();
        var body = Client.Message("call get_weather");
        body["tools"] = new JsonArray(JsonNode.Parse(WeatherTool));
        using var first = await client.MessagesAsync(body);
        var call = (await Client.JsonAsync(first))["content"]!;
        body["messages"]!.AsArray().Add(new JsonObject { ["role"] = "assistant", ["content"] = call.DeepClone() });
        body["messages"]!.AsArray().Add(JsonNode.Parse($$"""{"role":"user","content":[{"type":"tool_result","tool_use_id":"{{call[0]!["id"]}}","content":"21 C"}]}"""));

        using var second = await client.MessagesAsync(body);
        var message = await Client.JsonAsync(second);

        Assert.Equal(AnswerText.For(AnswerText.Prompt("call get_weather", "21 C"), 1), (string?)message["content"]![0]!["text"]);
    }

    [Fact]
    public async Task Thinking_ComesFirstSignedAndIsTakenBack()
    {
        await using var client = await Client.AnthropicAsync();
        var body = Client.Message("Think.");
        body["thinking"] = new JsonObject { ["type"] = "enabled", ["budget_tokens"] = 2000 };
        using var first = await client.MessagesAsync(body);
        var content = (await Client.JsonAsync(first))["content"]!.AsArray();
        Assert.Equal(["thinking", "text"], content.Select(block => (string?)block!["type"]));

        body["messages"]!.AsArray().Add(new JsonObject { ["role"] = "assistant", ["content"] = content.DeepClone() });
        body["messages"]!.AsArray().Add(new JsonObject { ["role"] = "user", ["content"] = "And now?" });
        using var second = await client.MessagesAsync(body);
        Assert.True(second.IsSuccessStatusCode);

        body["messages"]![1]!["content"]![0]!["thinking"] = "something else";
        using var third = await client.MessagesAsync(body);
        Assert.Equal("messages.1.content.0: Invalid `signature` in `thinking` block", (string?)(await Client.JsonAsync(third))["error"]!["message"]);
    }

    [Fact]
    public async Task MaxTokens_CutsTheAnswerAndSaysSo()
    {
        await using var client = await Client.AnthropicAsync();
        var body = Client.Message("Tell me a story.");
        body["max_tokens"] = 3;

        using var response = await client.MessagesAsync(body);
        var message = await Client.JsonAsync(response);

        Assert.Equal(string.Concat(AnswerText.Pieces(AnswerText.For("Tell me a story.", 1)).Take(3)), (string?)message["content"]![0]!["text"]);
        Assert.Equal("max_tokens", (string?)message["stop_reason"]);
        Assert.Equal(3, (int?)message["usage"]!["output_tokens"]);
    }

    internal static string Text(List<SseEvent> events) => string.Concat(events
        .Where(e => e.Name == "content_block_delta")
        .Select(e => (string?)e.Json["delta"]!["text"]));
}
