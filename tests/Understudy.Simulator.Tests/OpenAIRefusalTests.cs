using System.Net;
using Understudy.Simulator.Tests.Support;

namespace Understudy.Simulator.Tests;

public sealed class OpenAIRefusalTests
{
    private const string User = """{"role":"user","content":"Hi"}""";
    private const string Call = """{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]}""";
    private const string Tools = """[{"type":"function","function":{"name":"f"}}]""";

    public static TheoryData<string, string, string?, string?> Refused => new()
    {
        { """{"messages":[]}""", "you must provide a model parameter", null, null },
        { """{"model":"gpt-4o"}""", "Missing required parameter: 'messages'.", "missing_required_parameter", "messages" },
        { Chat("[]"), "Invalid 'messages': empty array", "empty_array", "messages" },
        { Chat($"[{User}]", "\"top_k\":1"), "Unrecognized request argument supplied: top_k", null, null },
        { Chat($"[{User}]", "\"max_tokens\":9", "o3"), "Use 'max_completion_tokens' instead.", "unsupported_parameter", "max_tokens" },
        { Chat($"[{User}]", "\"max_tokens\":9", "gpt-5"), "Use 'max_completion_tokens' instead.", "unsupported_parameter", "max_tokens" },
        { Chat($"[{User}]", "\"temperature\":0.2", "gpt-5"), "Unsupported parameter: 'temperature' is not supported with this model.", null, "temperature" },
        { Chat($"[{User}]", "\"tool_choice\":\"auto\""), "'tool_choice' is only allowed when 'tools' are specified", null, "tool_choice" },
        { Chat($"[{User}]", "\"parallel_tool_calls\":true"), "'parallel_tool_calls' is only allowed when 'tools' are specified", null, "parallel_tool_calls" },
        { Chat($"[{User}]", "\"tools\":[]"), "Invalid 'tools': empty array", "empty_array", "tools" },
        { Chat($"[{User}]", "\"stream_options\":{}"), "only allowed when 'stream' is enabled", null, "stream_options" },
        { Chat($"[{User}]", "\"response_format\":{\"type\":\"json_object\"}"), "must contain the word 'json'", null, "messages" },
        { Chat($"[{User},{Call},{User}]", $"\"tools\":{Tools}"), "The following tool_call_ids did not have response messages: c1", null, "messages" },
        { Chat($$"""[{{User}},{"role":"tool","tool_call_id":"c1","content":"x"}]"""), "messages with role 'tool' must be a response to a preceeding message", null, "messages.[1].role" },
        { Chat("""[{"role":"robot","content":"x"}]"""), "Invalid value: 'robot'. Supported values are", "invalid_value", "messages[0].role" },
        { Chat("""[{"role":"user","content":7}]"""), "expected one of a string or array of objects, but got an integer instead", "invalid_type", "messages[0].content" },
        { Chat("""[{"role":"user","content":[{"type":"image","x":1}]}]"""), "Invalid value: 'image'", "invalid_value", "messages[0].content[0].type" },
        { Chat($"[{User}]", "\"temperature\":3"), "Expected a value <= 2", "decimal_above_max_value", "temperature" },
        { "[1", "We could not parse the JSON body", null, null },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task WrongChats_GetA400InTheVendorsWords(string body, string message, string? code, string? param)
    {
        await using var client = await Client.OpenAIAsync();

        using var response = await client.SendAsync("/v1/chat/completions", body);
        var error = (await Client.JsonAsync(response))["error"]!;

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(message, (string?)error["message"]);
        Assert.Equal(code, (string?)error["code"]);
        Assert.Equal(param, (string?)error["param"]);
    }

    [Fact]
    public async Task UnknownModel_IsA404UnlessAnyModelIsServed()
    {
        await using var vendor = await Client.OpenAIAsync();
        await using var local = await Client.OpenAIAsync(options => options.AnyModel = true);

        using var refused = await vendor.ChatAsync(Client.Chat("Hi", model: "llama3.1"));
        using var answered = await local.ChatAsync(Client.Chat("Hi", model: "llama3.1"));

        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        Assert.Equal("model_not_found", (string?)(await Client.JsonAsync(refused))["error"]!["code"]);
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
    }

    [Fact]
    public async Task WrongKey_IsA401WithItsCode()
    {
        await using var client = await Client.OpenAIAsync(options => options.Key = "right");

        using var response = await client.ChatAsync(Client.Chat("Hi"), default, ("authorization", "Bearer sk-wrong-and-long"));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("invalid_api_key", (string?)(await Client.JsonAsync(response))["error"]!["code"]);
    }

    [Fact]
    public async Task WebSocketUpgrade_IsA426WithALength()
    {
        await using var client = await Client.OpenAIAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/responses");
        request.Headers.TryAddWithoutValidation("connection", "Upgrade");
        request.Headers.TryAddWithoutValidation("upgrade", "websocket");

        using var response = await client.Http.SendAsync(request);

        Assert.Equal(426, (int)response.StatusCode);
        Assert.True(response.Content.Headers.ContentLength > 0);
    }

    private static string Chat(string messages, string? more = null, string model = "gpt-4o") =>
        $$"""{"model":"{{model}}","messages":{{messages}}{{(more is null ? "" : "," + more)}}}""";
}
