using System.Net;
using System.Text.Json.Nodes;
using Understudy.Simulator.Tests.Support;

namespace Understudy.Simulator.Tests;

/// <summary>What the real API refuses, in its words; and what it takes and a stricter reader might not.</summary>
public sealed class AnthropicRefusalTests
{
    private const string User = """{"role":"user","content":"Hi"}""";
    private const string Call = """{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]}""";
    private const string Tools = """[{"name":"f","input_schema":{"type":"object"}}]""";

    public static TheoryData<string, string> Refused => new()
    {
        { """{"max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}""", "model: Field required" },
        { """{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"Hi"}]}""", "max_tokens: Field required" },
        { """{"model":"claude-sonnet-4-5","max_tokens":9}""", "messages: Field required" },
        { """{"model":"claude-sonnet-4-5","max_tokens":"9","messages":[{"role":"user","content":"Hi"}]}""", "max_tokens: Input should be a valid integer" },
        { """{"model":"claude-sonnet-4-5","max_tokens":9,"messages":"Hi"}""", "messages: Input should be a valid list" },
        { Body("[]"), "messages: at least one message is required" },
        { Body($"[{User}]", "\"n\":1"), "n: Extra inputs are not permitted" },
        { Body($"[{User}]", "\"context_management\":{}"), "context_management: Extra inputs are not permitted" },
        { Body($"[{User}]", "\"temperature\":1.5"), "temperature: range: 0..1" },
        { Body($"[{User}]", "\"temperature\":0.5,\"top_p\":0.5"), "`temperature` and `top_p` cannot both be specified" },
        { Body($"[{User}]", "\"temperature\":0.5", "claude-opus-5"), "`temperature` is deprecated for this model." },
        { Body($"[{User}]", "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}", "claude-opus-4-7"), "\"thinking.type.enabled\" is not supported" },
        { Body($"[{User}]", "\"thinking\":{\"type\":\"adaptive\"}"), "adaptive thinking is not supported on this model" },
        { Body($"[{User}]", "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":10}"), "Input should be greater than or equal to 1024" },
        { Body($"[{User}]", "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":5000}"), "`max_tokens` must be greater than `thinking.budget_tokens`" },
        { Body($"[{User}]", "\"tool_choice\":{\"type\":\"auto\"}"), "tool_choice may only be specified while providing tools" },
        { Body($"[{User}]", $"\"tools\":{Tools},\"tool_choice\":{{\"type\":\"tool\",\"name\":\"g\"}}"), "Tool 'g' not found in provided tools" },
        { Body($"[{User}]", "\"tools\":[{\"name\":\"a b\",\"input_schema\":{\"type\":\"object\"}}]"), "tools.0.custom.name: String should match pattern" },
        { Body($"[{User}]", "\"tools\":[{\"name\":\"f\",\"input_schema\":{}}]"), "tools.0.custom.input_schema.type: Input should be 'object'" },
        { Body($"[{User}]", "\"metadata\":{\"team\":\"x\"}"), "metadata.team: Extra inputs are not permitted" },
        { Body("""[{"role":"assistant","content":"Hi"},{"role":"user","content":"Hi"}]"""), "first message must use the \"user\" role" },
        { Body("""[{"role":"system","content":"Hi"},{"role":"user","content":"Hi"}]"""), "Unexpected role \"system\"" },
        { Body("""[{"role":"user","content":""}]"""), "messages.0: all messages must have non-empty content" },
        { Body("""[{"role":"user","content":[{"type":"text","text":""}]}]"""), "text content blocks must be non-empty" },
        { Body("""[{"role":"user","content":[{"type":"text","text":" \n"}]}]"""), "text content blocks must contain non-whitespace text" },
        { Body("""[{"role":"user","content":[{"type":"txt","text":"Hi"}]}]"""), "messages.0.content.0: Input tag 'txt' found using 'type'" },
        { Body("""[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/bmp","data":"AAAA"}}]}]"""), "Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'" },
        { Body($$"""[{{User}},{"role":"assistant","content":"So "}]"""), "final assistant content cannot end with trailing whitespace" },
        { Body($$"""[{{User}},{"role":"assistant","content":"So"}]""", model: "claude-opus-4-6"), "This model does not support assistant message prefill" },
        { Body($"[{User},{Call},{User}]"), "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t1" },
        { Body($$"""[{{User}},{{Call}},{"role":"user","content":[{"type":"text","text":"x"},{"type":"tool_result","tool_use_id":"t1"}]}]"""), "`tool_use` ids were found without `tool_result` blocks immediately after" },
        { Body("""[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t9","content":"x"}]}]"""), "unexpected `tool_use_id` found in `tool_result` blocks: t9" },
        { Body($$"""[{{User}},{"role":"assistant","content":[{"type":"tool_use","id":"functions.f:0","name":"f","input":{} }]},{{User}}]"""), "tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'" },
        { Body($$"""[{{User}},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":"{}"}]},{{User}}]"""), "tool_use.input: Input should be an object" },
        { Body($$"""[{{User}},{"role":"assistant","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"x"}]},{{User}}]"""), "thinking.signature: Field required" },
        { Body($$"""[{{User}},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"gw1.x"},{"type":"text","text":"x"}]},{{User}}]"""), "Invalid `signature` in `thinking` block" },
        { """{"model":"claude-sonnet-4-5","model":"claude-opus-5","max_tokens":9,"messages":[]}""", "not valid JSON" },
        { "{", "not valid JSON" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task WrongRequests_GetA400InTheVendorsWords(string body, string message)
    {
        await using var client = await Client.AnthropicAsync();

        using var response = await client.SendAsync("/v1/messages", body);
        var error = (await Client.JsonAsync(response))["error"]!;

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("invalid_request_error", (string?)error["type"]);
        Assert.Contains(message, (string?)error["message"]);
        Assert.Equal(0, client.Provider.Stats.InputTokens);
    }

    public static TheoryData<string> Taken =>
    [
        Body($$"""[{{User}},{{Call}},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","is_error":true},{"type":"text","text":"Be short."}]}]""", $"\"tools\":{Tools}"),
        Body($"[{User},{User}]"),
        Body($"[{User}]", "\"system\":[{\"type\":\"text\",\"text\":\"x\",\"cache_control\":{\"type\":\"ephemeral\"}}],\"tools\":[],\"thinking\":{\"type\":\"disabled\"},\"metadata\":{\"user_id\":\"u\"}"),
        Body($$"""[{{User}},{"role":"system","content":"Now be brief."},{{User}}]""", "\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"high\"}", "claude-sonnet-5"),
        Body($$"""[{{User}},{"role":"assistant","content":"So"}]"""),
    ];

    [Theory]
    [MemberData(nameof(Taken))]
    public async Task RightRequests_AreAnswered(string body)
    {
        await using var client = await Client.AnthropicAsync();

        using var response = await client.SendAsync("/v1/messages?beta=true", body);

        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        Assert.Equal("?beta=true", client.Provider.Stats.Requests.Single().Query);
    }

    [Fact]
    public async Task BetaHeader_LetsItsFieldIn()
    {
        await using var client = await Client.AnthropicAsync();

        using var response = await client.SendAsync("/v1/messages", Body($"[{User}]", "\"context_management\":{}"), default, ("anthropic-beta", "a-1,context-management-2025-06-27"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task UnknownModel_IsA404()
    {
        await using var client = await Client.AnthropicAsync();

        using var response = await client.SendAsync("/v1/messages", Body($"[{User}]", model: "gpt-5"));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("model: gpt-5", (string?)(await Client.JsonAsync(response))["error"]!["message"]);
    }

    [Theory]
    [InlineData("x-api-key", "right", HttpStatusCode.OK)]
    [InlineData("authorization", "Bearer right", HttpStatusCode.OK)]
    [InlineData("x-api-key", "wrong", HttpStatusCode.Unauthorized)]
    [InlineData("x-other", "right", HttpStatusCode.Unauthorized)]
    public async Task Key_IsCheckedWhenThereIsOne(string header, string value, HttpStatusCode status)
    {
        await using var client = await Client.AnthropicAsync(options => options.Key = "right");

        using var response = await client.MessagesAsync(Client.Message("Hi"), default, (header, value));

        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task CountTokens_NeedsNoMaxTokensAndAnswersANumber()
    {
        await using var client = await Client.AnthropicAsync();

        using var response = await client.SendAsync("/v1/messages/count_tokens", """{"model":"claude-sonnet-5","messages":[{"role":"user","content":"Hi"}]}""");

        Assert.True((int)(await Client.JsonAsync(response))["input_tokens"]! > 0);
    }

    [Fact]
    public async Task Probe_IsAnsweredWithoutAKey()
    {
        await using var client = await Client.AnthropicAsync(options => options.Key = "right");

        using var response = await client.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(0, client.Provider.Stats.Calls);
    }

    private static string Body(string messages, string? more = null, string model = "claude-sonnet-4-5") =>
        $$"""{"model":"{{model}}","max_tokens":4096,"messages":{{messages}}{{(more is null ? "" : "," + more)}}}""";
}
