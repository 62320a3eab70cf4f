using System.Buffers;
using System.Text;
using Understudy.Wires.Anthropic;

namespace Understudy.Tests.Wires;

/// <summary>With a thinking budget Anthropic wants a tool loop to begin with its own thinking.</summary>
public sealed class ForeignLoopTests
{
    private const string Own = """{"type":"thinking","thinking":"Hm","signature":"c2ln"},""";
    private const string Ours = """{"type":"thinking","thinking":"Hm","signature":"gw1.open"},""";

    [Theory]
    [InlineData("", "call_1", true, "another model began the loop")]
    [InlineData(Ours, "call_1", true, "its thinking is not Anthropic's")]
    [InlineData(Ours, "toolu_1", true, "a client that renames calls")]
    [InlineData(Own, "call_1", false, "it begins with thinking")]
    [InlineData("", "toolu_1", false, "a Claude called: its own history is its own affair")]
    public void ThinkingIsSwitchedOff_OnlyWhereItWouldBeRefused(string thinking, string id, bool off, string why)
    {
        var body = Body(thinking, id, """{"type":"enabled","budget_tokens":2048}""");
        var output = new ArrayBufferWriter<byte>();
        var changed = ForeignThinking.TryStrip(Encoding.UTF8.GetBytes(body), output);
        var expected = Body(thinking == Ours ? "" : thinking, id, off ? """{"type":"disabled"}""" : """{"type":"enabled","budget_tokens":2048}""");
        Assert.True(changed == (expected != body), why);
        if (changed) Assert.Equal(expected, Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void AdaptiveThinking_StaysAsItIs() =>
        Assert.False(ForeignThinking.TryStrip(Encoding.UTF8.GetBytes(Body("", "call_1", """{"type":"adaptive"}""")), new ArrayBufferWriter<byte>()));

    [Fact]
    public void LoopThatIsOver_StaysAsItIs()
    {
        var body = Body("", "call_1", """{"type":"enabled","budget_tokens":2048}""").Replace("]}]}", "]},{\"role\":\"user\",\"content\":\"Thanks.\"}]}", StringComparison.Ordinal);
        Assert.False(ForeignThinking.TryStrip(Encoding.UTF8.GetBytes(body), new ArrayBufferWriter<byte>()));
    }

    private static string Body(string thinking, string id, string budget) =>
        $$$"""{"model":"m","thinking":{{{budget}}},"max_tokens":4096,"messages":[{"role":"user","content":"Go."},{"role":"assistant","content":[{{{thinking}}}{"type":"tool_use","id":"{{{id}}}","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"{{{id}}}","content":"21"}]}]}""";
}
