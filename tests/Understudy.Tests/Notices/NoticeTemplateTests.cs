using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Drills;
using Understudy.Notices;

namespace Understudy.Tests.Notices;

public sealed class NoticeTemplateTests
{
    private static readonly Dictionary<string, string> Values = new() { ["provider"] = "claude", ["what"] = "overloaded", ["since"] = "14:05 UTC", ["retry_after"] = "40 s", ["model"] = "m", ["request_id"] = "us_1" };

    private static readonly System.Text.Json.JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Theory]
    [InlineData("Plain.", "Plain.")]
    [InlineData("{provider}: {what} since {since}", "claude: overloaded since 14:05 UTC")]
    [InlineData("a {{since}} b }} c", "a {since} b } c")]
    [InlineData("{ not one } {} {1}", "{ not one } {} {1}")]
    [InlineData("${provider}", "${provider}")]
    [InlineData("{request_id}{model}", "us_1m")]
    public void Fill(string text, string filled) => Assert.Equal(filled, NoticeTemplate.Of(text).Fill(name => Values[name]));

    [Fact]
    public void Unknown_IsTold() => Assert.Equal(["sinse", "Since"], NoticeTemplate.UnknownIn("{sinse} {since} {{x}} {Since} {sinse}"));

    [Theory]
    [InlineData("Resting since {since}, {request_id}.", "Resting since 14:05 UTC, us_1.", true)]
    [InlineData("Resting since {since}, {request_id}.", "  Resting since 14:05 UTC, us_1. \n", true)]
    [InlineData("Resting since {since}, {request_id}.", "Resting since 14:05 UTC, us_1. And more", false)]
    [InlineData("Resting since {since}, {request_id}.", "He said: Resting since 14:05 UTC, us_1.", false)]
    [InlineData("Resting.", "Resting.", true)]
    [InlineData("Resting.", "Resting. Resting.", false)]
    [InlineData("{what} is why we rest.", "overloaded is why we rest.", true)]
    [InlineData("We rest. {what}", "We rest. overloaded", true)]
    [InlineData("We rest, {what}. Bye.", "We rest, since it said: Bye. Bye.", true)]
    public void Matches(string template, string text, bool matches) => Assert.Equal(matches, NoticeTemplate.Of(template).Matches(text));

    [Fact]
    public void AValueIsNeverAnEssay()
    {
        Assert.False(NoticeTemplate.Of("We rest: {what}. Bye.").Matches($"We rest: {new string('x', 300)}. Bye."));
        Assert.Equal(10 + NoticeTemplate.LongestValue, NoticeTemplate.Of("123456789 {model}").Fill(_ => new string('m', 5000)).Length);
    }

    /// <summary>Whatever the values are, what was filled in is known again.</summary>
    [Fact]
    public void WhatIsFilled_Matches() => Prop.ForAll<string, string>((one, other) =>
    {
        var template = NoticeTemplate.Of("We are resting since {since}. Try {retry_after} later!");
        return template.Matches(template.Fill(name => (name == "since" ? one : other) ?? ""));
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(null, "Hello")]
    [InlineData("de", "Hallo")]
    [InlineData("de-CH, fr;q=0.9", "Hallo")]
    [InlineData("ja, *;q=0.5", "Hello")]
    [InlineData("en-US,en;q=0.9,de;q=0.8", "Hello")] // the default's own language is one of them
    [InlineData("fr;q=0.2, de;q=0.9", "Hallo")]
    [InlineData("de;q=0, fr", "Bonjour")]
    [InlineData("pt", "Olá")]
    [InlineData("pt-PT", "Olá")]
    [InlineData(";;,,q=1,de;q=x", "Hello")]
    public void Language(string? wanted, string text)
    {
        var words = new NoticeWords { Text = "Hello", Languages = new Dictionary<string, string> { ["de"] = "Hallo", ["fr"] = "Bonjour", ["pt-BR"] = "Olá" } };
        Assert.Equal(text, NoticeLanguage.Choose(words, wanted));
    }

    [Fact]
    public void Json_HasItsTextsFilled_AndStaysJson() =>
        Assert.Equal("""{"status":"resting {x}","of":["say \"40 s\"",7,null],"in":{"m":true}}""", NoticeJson.Fill("""{"status":"resting {{x}}","of":["{what}",7,null],"in":{"m":true}}""", name => name == "what" ? "say \"40 s\"" : ""));

    [Theory]
    [InlineData("Our assistant is resting since {since}.", true)]
    [InlineData("Nos \"amis\" se reposent à présent, ça va.", true)]
    [InlineData("現在アシスタントは休止しています。後でお試しください。", true)]
    [InlineData("Short {since}.", false)]
    public void Memory_FindsItInAnyEncoding(string text, bool found)
    {
        var memory = new NoticeMemory(new VirtualTime());
        memory.Learn([text]);
        var said = NoticeTemplate.Of(text).Fill(_ => "14:05 UTC");
        var escaped = System.Text.Json.JsonSerializer.Serialize(said); // escapes all that is not ASCII, and quotes and apostrophes too
        var small = System.Text.RegularExpressions.Regex.Replace(escaped, @"\\u[0-9A-F]{4}", escape => escape.Value.ToLowerInvariant());
        foreach (var json in (string[])[escaped, small, System.Text.Json.JsonSerializer.Serialize(said, Relaxed)])
        {
            Assert.Equal(found, memory.MayBeIn(Encoding.UTF8.GetBytes($"[{json}]")));
        }

        Assert.Equal(found, memory.IsNotice(said));
        Assert.False(memory.MayBeIn("[\"Something else altogether.\"]"u8));
    }

    [Fact]
    public void Memory_StopsLooking_WhenNoNoticeWasGivenForLong()
    {
        var time = new VirtualTime();
        var memory = new NoticeMemory(time);
        memory.Learn(["Our assistant is resting."]);
        time.Advance(NoticeMemory.Window + TimeSpan.FromSeconds(1));
        Assert.False(memory.MayBeIn("\"Our assistant is resting.\""u8));
        Assert.True(memory.Given("r"));
        Assert.False(memory.Given("r")); // the same spell
        Assert.True(memory.Given("s"));
        Assert.True(memory.MayBeIn("\"Our assistant is resting.\""u8));
        time.Advance(TimeSpan.FromMinutes(6));
        Assert.True(memory.Given("r"));
    }

    private const string Ours = "Our assistant is resting since 14:05 UTC.";

    public static TheoryData<WireProtocol, string, string?> Histories => new()
    {
        // Anthropic: text, and a block.
        { WireProtocol.AnthropicMessages, """{"model":"m", "messages":[{"role":"user","content":"A"}, {"role":"assistant","content":"@"} ,{"role":"user","content":"B"}],"x":[1.10]}""", """{"model":"m", "messages":[{"role":"user","content":"A"} ,{"role":"user","content":"B"}],"x":[1.10]}""" },
        { WireProtocol.AnthropicMessages, """{"messages":[{"role":"user","content":"A"},{"role":"assistant","content":[{"type":"text","text":"@","cache_control":{"type":"ephemeral"}}]}]}""", """{"messages":[{"role":"user","content":"A"}]}""" },
        { WireProtocol.OpenAIChat, """{"messages":[{"content":[{"text":"@","type":"text"}],"role":"assistant"},{"role":"user","content":"B"}]}""", """{"messages":[{"role":"user","content":"B"}]}""" },
        { WireProtocol.OpenAIResponses, """{"input":[{"type":"message","role":"assistant","id":"msg_1","content":[{"type":"output_text","text":"@","annotations":[]}]},{"role":"user","content":"B"}]}""", """{"input":[{"role":"user","content":"B"}]}""" },
        { WireProtocol.Gemini, """{"contents":[{"role":"user","parts":[{"text":"A"}]},{"role":"model","parts":[{"text":"@"}]}]}""", """{"contents":[{"role":"user","parts":[{"text":"A"}]}]}""" },
        // Nothing but a notice: an empty history is refused by every vendor.
        { WireProtocol.OpenAIChat, """{"messages":[{"role":"assistant","content":"@"}]}""", """{"messages":[{"role":"user","content":"(start)"}]}""" },
        { WireProtocol.Gemini, """{"contents":[{"role":"model","parts":[{"text":"@"}]}]}""", """{"contents":[{"role":"user","parts":[{"text":"(start)"}]}]}""" },
        // Not ours to take: a user who quotes it, a model that says more, a turn with calls, another field.
        { WireProtocol.AnthropicMessages, """{"messages":[{"role":"user","content":"@"}]}""", null },
        { WireProtocol.AnthropicMessages, """{"messages":[{"role":"assistant","content":"It said: @ Odd."}]}""", null },
        { WireProtocol.OpenAIChat, """{"messages":[{"role":"assistant","content":"@","tool_calls":[{"id":"c"}]}]}""", null },
        { WireProtocol.AnthropicMessages, """{"messages":[{"role":"assistant","content":[{"type":"text","text":"@"},{"type":"tool_use","id":"t"}]}]}""", null },
        { WireProtocol.AnthropicMessages, """{"system":[{"role":"assistant","content":"@"}],"messages":[]}""", null },
        { WireProtocol.OpenAIResponses, """{"input":"@"}""", null },
        { WireProtocol.OpenAIChat, """{"messages":[{"role":"assistant","content":"@"}]""", null },
    };

    [Theory]
    [MemberData(nameof(Histories))]
    public void History_LosesItsNotices_AndNothingElse(WireProtocol protocol, string body, string? cleaned)
    {
        var memory = new NoticeMemory(new VirtualTime());
        memory.Learn(["Our assistant is resting since {since}."]);
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        Assert.Equal(cleaned is not null, NoticeHistory.TryCut(protocol, Encoding.UTF8.GetBytes(body.Replace("@", Ours, StringComparison.Ordinal)), memory, output));
        Assert.Equal(cleaned ?? "", Encoding.UTF8.GetString(output.WrittenSpan));
    }
}
