using System.Net;
using System.Text.Json.Nodes;
using Understudy.Simulator.Tests.Support;

namespace Understudy.Simulator.Tests;

public sealed class ResponsesTests
{
    [Fact]
    public async Task Stream_CountsItsSequenceAndEndsWithTheWholeResponse()
    {
        await using var client = await Client.OpenAIAsync();

        using var response = await client.SendAsync("/v1/responses", """{"model":"gpt-5","input":"Tell me a story.","stream":true,"reasoning":{"summary":"auto"}}""");
        var (events, _) = await Client.EventsAsync(response);

        Assert.Equal(Enumerable.Range(0, events.Count), events.Select(e => (int)e.Json["sequence_number"]!));
        Assert.All(events, e => Assert.Equal(e.Name, (string?)e.Json["type"]));
        Assert.Equal(["response.created", "response.in_progress", "response.output_item.added"], events.Take(3).Select(e => e.Name));
        Assert.Equal("response.completed", events[^1].Name);
        Assert.Equal(AnswerText.For("Tell me a story.", 1), string.Concat(events.Where(e => e.Name == "response.output_text.delta").Select(e => (string?)e.Json["delta"])));
        var output = events[^1].Json["response"]!["output"]!.AsArray();
        Assert.Equal(["reasoning", "message"], output.Select(item => (string?)item!["type"]));
        Assert.Equal(AnswerText.For("Tell me a story.", 1), (string?)output[1]!["content"]![0]!["text"]);
        Assert.Equal(client.Provider.Stats.OutputTokens, (long)events[^1].Json["response"]!["usage"]!["output_tokens"]!);
    }

    [Fact]
    public async Task ChatOnly_KnowsNoResponsesAndStillChats()
    {
        await using var client = await Client.OpenAIAsync(options => options.ChatOnly = true);

        using var responses = await client.SendAsync("/v1/responses", """{"model":"gpt-5","input":"Hi"}""");
        using var chat = await client.SendAsync("/v1/chat/completions", """{"model":"gpt-5","messages":[{"role":"user","content":"Hi"}]}""");

        Assert.Equal(HttpStatusCode.NotFound, responses.StatusCode);
        Assert.Equal(HttpStatusCode.OK, chat.StatusCode);
    }

    [Fact]
    public async Task FunctionCall_IsTakenBackWithItsOutputAndItsReasoning()
    {
        await using var client = await Client.OpenAIAsync();
        var body = Client.Parse("""{"model":"gpt-5","input":[{"role":"user","content":"call f and apply_patch"}],"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}},{"type":"custom","name":"apply_patch"}]}""");

        using var first = await client.SendAsync("/v1/responses", body.ToJsonString());
        var output = (await Client.JsonAsync(first))["output"]!.AsArray();
        Assert.Equal(["reasoning", "function_call", "custom_tool_call"], output.Select(item => (string?)item!["type"]));
        foreach (var item in output) body["input"]!.AsArray().Add(item!.DeepClone());
        body["input"]!.AsArray().Add(new JsonObject { ["type"] = "function_call_output", ["call_id"] = (string?)output[1]!["call_id"], ["output"] = "one" });

        using var missing = await client.SendAsync("/v1/responses", body.ToJsonString());
        Assert.Contains("No tool output found for function call", (string?)(await Client.JsonAsync(missing))["error"]!["message"]);

        body["input"]!.AsArray().Add(new JsonObject { ["type"] = "custom_tool_call_output", ["call_id"] = (string?)output[2]!["call_id"], ["output"] = "two" });
        using var second = await client.SendAsync("/v1/responses", body.ToJsonString());
        var items = (await Client.JsonAsync(second))["output"]!.AsArray();
        Assert.Equal(AnswerText.For(AnswerText.Prompt("call f and apply_patch", "one", "two"), 1), (string?)items[^1]!["content"]![0]!["text"]);
    }

    [Fact]
    public async Task MaxOutputTokens_EndsIncomplete()
    {
        await using var client = await Client.OpenAIAsync();

        using var response = await client.SendAsync("/v1/responses", """{"model":"gpt-4.1","input":"Tell me a story.","stream":true,"max_output_tokens":16}""");
        var (events, _) = await Client.EventsAsync(response);

        Assert.Equal("response.incomplete", events[^1].Name);
        Assert.Equal("max_output_tokens", (string?)events[^1].Json["response"]!["incomplete_details"]!["reason"]);
    }

    [Fact]
    public async Task ErrorEvent_KeepsTheSequenceAndIsFollowedByFailed()
    {
        await using var client = await Client.OpenAIAsync();
        client.Provider.Faults.Set("error_event", after: 2);

        using var response = await client.SendAsync("/v1/responses", """{"model":"gpt-4.1","input":"Hi","stream":true}""");
        var (events, _) = await Client.EventsAsync(response);

        Assert.Equal(["error", "response.failed"], events.TakeLast(2).Select(e => e.Name));
        Assert.Equal(Enumerable.Range(0, events.Count), events.Select(e => (int)e.Json["sequence_number"]!));
    }

    [Theory]
    [InlineData("""{"model":"gpt-5","input":"Hi","max_output_tokens":8}""", "Expected a value >= 16")]
    [InlineData("""{"model":"gpt-5"}""", "Missing required parameter: 'input'.")]
    [InlineData("""{"model":"gpt-5","input":"Hi","stop":["x"]}""", "Unknown parameter: 'stop'.")]
    [InlineData("""{"model":"gpt-5","input":[{"role":"assistant","content":[{"type":"input_text","text":"x"}]}]}""", "Supported values are: 'output_text', and 'refusal'.")]
    [InlineData("""{"model":"gpt-5","input":[{"type":"function_call_output","call_id":"c","output":"x"}]}""", "No tool call found for function call output with call_id c.")]
    [InlineData("""{"model":"gpt-5","input":[{"type":"reasoning","summary":[],"encrypted_content":"foreign"},{"role":"user","content":"Hi"}]}""", "could not be verified")]
    [InlineData("""{"model":"gpt-5","input":"Hi","previous_response_id":"resp_1"}""", "Previous response with id 'resp_1' not found.")]
    public async Task WrongRequests_GetA400(string body, string message)
    {
        await using var client = await Client.OpenAIAsync();

        using var response = await client.SendAsync("/v1/responses", body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(message, (string?)(await Client.JsonAsync(response))["error"]!["message"]);
    }
}
