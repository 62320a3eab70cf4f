using System.Text;
using Understudy.Caching;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Tests.Caching;

/// <summary>Which calls are the same call. A key that forgets something gives one caller another's answer.</summary>
public sealed class CallKeysTests
{
    private const string Chat = """{"model":"m","temperature":0,"max_tokens":50,"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Why?"}]}""";

    private static CacheKey? Key(string body, WireProtocol protocol = WireProtocol.OpenAIChat, string owner = "website", string route = "r", string? beta = null, string model = "m")
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var conversation = Wire.Of(protocol).ReadRequest(bytes) with { Model = model };
        var request = new CallRequest { Protocol = protocol, Body = bytes, Facts = default, Model = model, Headers = beta is null ? [] : [new("anthropic-beta", beta)] };
        return CallKeys.Of(request, conversation, route, owner);
    }

    [Theory]
    [InlineData("""{"messages":[{"content":"Be kind.","role":"system"},{"content":"Why?","role":"user"}],"max_tokens":50,"temperature":0,"model":"m"}""")] // order
    [InlineData("""{"model":"m","temperature":0,"max_tokens":50,"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":[{"type":"text","text":"Why\u003f"}]}]}""")] // form, spelling
    [InlineData("""{"model":"m","stream":true,"stream_options":{"include_usage":true},"user":"u-7","metadata":{"a":"b"},"temperature":0,"max_completion_tokens":50,"messages":[{"role":"developer","content":"Be kind."},{"role":"user","content":"Why?"}]}""")]
    public void SameMeaning_SameKey(string body) => Assert.Equal(Key(Chat), Key(body));

    [Theory]
    [InlineData(WireProtocol.AnthropicMessages, """{"model":"m","max_tokens":50,"temperature":0,"system":"Be kind.","messages":[{"role":"user","content":"Why?"}]}""")]
    [InlineData(WireProtocol.OpenAIResponses, """{"model":"m","max_output_tokens":50,"temperature":0,"instructions":"Be kind.","input":"Why?"}""")]
    [InlineData(WireProtocol.Gemini, """{"systemInstruction":{"parts":[{"text":"Be kind."}]},"contents":[{"role":"user","parts":[{"text":"Why?"}]}],"generationConfig":{"temperature":0,"maxOutputTokens":50}}""")]
    public void AnotherProtocol_SameKey(WireProtocol protocol, string body) => Assert.Equal(Key(Chat), Key(body, protocol));

    public static TheoryData<string> Changes =>
    [
        Chat.Replace("Why?", "Why not?", StringComparison.Ordinal),
        Chat.Replace("Be kind.", "Be curt.", StringComparison.Ordinal),
        Chat.Replace("\"temperature\":0", "\"temperature\":1", StringComparison.Ordinal),
        Chat.Replace("\"temperature\":0,", "", StringComparison.Ordinal),
        Chat.Replace("50", "51", StringComparison.Ordinal),
        Chat.Replace("\"max_tokens\"", "\"top_p\":0.5,\"max_tokens\"", StringComparison.Ordinal),
        Chat.Replace("\"max_tokens\"", "\"stop\":[\"x\"],\"max_tokens\"", StringComparison.Ordinal),
        Chat.Replace("\"max_tokens\"", "\"seed\":1,\"max_tokens\"", StringComparison.Ordinal),
        Chat.Replace("\"max_tokens\"", "\"reasoning_effort\":\"high\",\"max_tokens\"", StringComparison.Ordinal),
        Chat.Replace("\"max_tokens\"", "\"response_format\":{\"type\":\"json_object\"},\"max_tokens\"", StringComparison.Ordinal),
        Chat.Replace("\"max_tokens\"", "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"t\"}}],\"max_tokens\"", StringComparison.Ordinal),
        Chat.Replace("\"max_tokens\"", "\"a_field_of_tomorrow\":1,\"max_tokens\"", StringComparison.Ordinal),
        Chat.Replace("\"role\":\"user\",", "\"role\":\"user\",\"name\":\"Ann\",", StringComparison.Ordinal), // what our reader does not keep counts too
        Chat.Replace("{\"role\":\"user\",\"content\":\"Why?\"}", "{\"role\":\"user\",\"content\":\"Wh\"},{\"role\":\"user\",\"content\":\"y?\"}", StringComparison.Ordinal),
        Chat.Replace("\"content\":\"Why?\"", "\"content\":[{\"type\":\"text\",\"text\":\"Why?\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://a.test/1.png\"}}]", StringComparison.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Changes))]
    public void AnotherMeaning_AnotherKey(string body)
    {
        Assert.NotNull(Key(body));
        Assert.NotEqual(Key(Chat), Key(body));
    }

    [Fact]
    public void EveryChange_IsAnotherKey() => Assert.Equal(Changes.Count, Changes.Select(row => Key((string)row)).Distinct().Count());

    [Fact]
    public void ClientRouteModelAndBeta_ArePartOfIt()
    {
        CacheKey?[] keys = [Key(Chat), Key(Chat, owner: "other"), Key(Chat, owner: ""), Key(Chat, route: "s"), Key(Chat, model: "n"), Key(Chat, beta: "x-2026")];
        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    [Theory]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"Q"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"t","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"42"}]}""")]
    [InlineData("""{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"t","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"42"},{"role":"user","content":"And?"}]}""")]
    [InlineData("""{"model":"m","n":2,"messages":[{"role":"user","content":"Q"}]}""")]
    [InlineData("""{"model":"m","logprobs":true,"messages":[{"role":"user","content":"Q"}]}""")]
    [InlineData("""{"model":"m","web_search_options":{},"messages":[{"role":"user","content":"Q"}]}""")]
    public void WhatIsOfItsMoment_HasNoKey(string body) => Assert.Null(Key(body));

    [Theory]
    [InlineData(WireProtocol.OpenAIResponses, """{"model":"m","previous_response_id":"resp_1","input":"Q"}""")]
    [InlineData(WireProtocol.OpenAIResponses, """{"model":"m","tools":[{"type":"web_search"}],"input":"Q"}""")]
    [InlineData(WireProtocol.AnthropicMessages, """{"model":"m","tools":[{"type":"web_search_20250305","name":"web_search"}],"messages":[{"role":"user","content":"Q"}]}""")]
    [InlineData(WireProtocol.Gemini, """{"tools":[{"googleSearch":{}}],"contents":[{"parts":[{"text":"Q"}]}]}""")]
    public void WhatLooksElsewhere_HasNoKey(WireProtocol protocol, string body) => Assert.Null(Key(body, protocol));

    [Theory]
    [InlineData("0", false)]
    [InlineData("0.0", false)]
    [InlineData("0.7", true)]
    [InlineData(null, true)]
    public void Samples(string? temperature, bool samples) =>
        Assert.Equal(samples, CallKeys.Samples(new() { Origin = WireProtocol.OpenAIChat, Model = "m", Sampling = new() { Temperature = temperature } }));
}
