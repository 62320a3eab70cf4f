using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Understudy.Calls;

namespace Understudy.Tests.Calls;

public sealed class RequestScanTests
{
    [Fact]
    public void AllFields_AreFound()
    {
        var facts = Scan("""{"messages":[{"role":"user","content":"a \"model\": \"x\" \\"}],"model" : "claude-sonnet-4-5","max_tokens":1024,"stream":true,"thinking":{"type":"enabled","budget_tokens":2000},"tools":[{}]}""", out var body);
        Assert.Equal("\"claude-sonnet-4-5\"", Encoding.UTF8.GetString(body, facts.ModelStart, facts.ModelLength));
        Assert.True(facts.Stream);
        Assert.Equal(1024, facts.MaxTokens);
        Assert.True(facts.Reasoning);
        Assert.True(facts.HasTools);
    }

    [Theory]
    [InlineData("""{"model":"m","thinking":{"type":"disabled"}}""", false)]
    [InlineData("""{"model":"m","reasoning_effort":"none"}""", false)]
    [InlineData("""{"model":"m","reasoning_effort":"high"}""", true)]
    [InlineData("""{"model":"m","reasoning":{"effort":"low"}}""", true)]
    [InlineData("""{"model":"m","messages":[{"reasoning_effort":"high"}]}""", false)]
    public void Reasoning_IsRecognised(string body, bool expected) => Assert.Equal(expected, Scan(body, out _).Reasoning);

    [Fact]
    public void NestedModels_AreNotTheModel()
    {
        var facts = Scan("""{"metadata":{"model":"inner"},"list":["model",{"model":1}],"mod\u0065l":"gpt-5","tools":[ ]}""", out var body);
        Assert.Equal("gpt-5", RequestScan.Unquote(body.AsSpan(facts.ModelStart, facts.ModelLength)));
        Assert.False(facts.HasTools);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("{\"model\"")]
    [InlineData("{\"model\":")]
    [InlineData("{\"model\":\"m")]
    [InlineData("{\"model\":\"m\\\"}")]
    [InlineData("{\"model\":\"m\"")]
    [InlineData("{\"model\":\"m\",}")]
    [InlineData("{\"model\":\"m\"} {}")]
    [InlineData("{\"model\":\"m\",\"model\":\"n\"}")]
    [InlineData("{\"model\":1}")]
    [InlineData("{\"stream\":\"yes\"}")]
    [InlineData("{\"stream\":true,\"stream\":false}")]
    [InlineData("{\"a\":[}")]
    [InlineData("{\"a\":[{]}}")]
    [InlineData("{\"a\":{\"b\":]}}")]
    [InlineData("{\"a\":nul}")]
    [InlineData("{\"a\" 1}")]
    [InlineData("{a:1}")]
    [InlineData("{\"a\":}")]
    [InlineData("<html>")]
    public void Malformed_IsRefusedInWordsWithoutContent(string body)
    {
        var mistake = RequestScan.TryScan(Encoding.UTF8.GetBytes(body), out _);
        Assert.NotNull(mistake);
    }

    [Fact]
    public void DeepNesting_IsRefusedNotRecursed() =>
        Assert.NotNull(RequestScan.TryScan(Encoding.UTF8.GetBytes("{\"a\":" + new string('[', 100_000) + new string(']', 100_000) + "}"), out _));

    [Fact]
    public void EveryPrefixOfABody_IsRefused()
    {
        var body = Encoding.UTF8.GetBytes("""{"model":"m","messages":[{"role":"user","content":"é\n\"x\" [}"}],"stream":false,"n":-1.5e3}""");
        for (var length = 0; length < body.Length; length++) Assert.NotNull(RequestScan.TryScan(body.AsSpan(0, length), out _));
        Assert.Null(RequestScan.TryScan(body, out _));
    }

    [Fact]
    public void WhateverTheContent_TheScanAgreesWithAFullParser() => Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), ArbMap.Default.ArbFor<bool>(), (text, stream) =>
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new { messages = new object[] { text.Get, new { model = text.Get, a = new[] { text.Get } } }, model = text.Get, stream });
        return RequestScan.TryScan(body, out var facts) is null
            && RequestScan.Unquote(body.AsSpan(facts.ModelStart, facts.ModelLength)) == JsonDocument.Parse(body).RootElement.GetProperty("model").GetString()
            && facts.Stream == stream;
    }).QuickCheckThrowOnFailure();

    private static RequestFacts Scan(string text, out byte[] body)
    {
        body = Encoding.UTF8.GetBytes(text);
        Assert.Null(RequestScan.TryScan(body, out var facts));
        return facts;
    }
}
