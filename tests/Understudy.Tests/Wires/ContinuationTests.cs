using System.Buffers;
using System.Text;
using Understudy.Calls;
using Understudy.Wires;
using Understudy.Wires.Anthropic;
using Understudy.Wires.OpenAIResponses;

namespace Understudy.Tests.Wires;

public class ContinuationTests
{
    private static readonly Conversation Asked = new()
    {
        Origin = WireProtocol.AnthropicMessages,
        Model = "m",
        Turns = [new(TurnRole.User, [new TextPart("Tell.")])],
    };

    [Fact]
    public void Prefill_EndsInTheTrimmedText()
    {
        var turns = Asked.ContinueFrom([new ThinkingPart("Hm", "s", ReasoningMaker.Anthropic), new TextPart("Once upon \n")], prefill: true).Turns;
        Assert.Equal(2, turns.Count);
        Assert.Equal([new TextPart("Once upon")], turns[1].Parts);
    }

    [Fact]
    public void Instruction_QuotesTheTailOnly()
    {
        var said = new string('x', 500) + "🌍 the very end";
        var turns = Asked.ContinueFrom([new TextPart(said)], prefill: false).Turns;
        Assert.Equal([TurnRole.User, TurnRole.Assistant, TurnRole.User], turns.Select(turn => turn.Role));
        var told = ((TextPart)turns[2].Parts[0]).Text;
        Assert.Contains(said[^150..], told);
        Assert.DoesNotContain(new string('x', 250), told);
    }

    [Fact]
    public void QuoteNeverBeginsInsideACharacter()
    {
        var said = "🌍" + new string('y', 199);
        var told = ((TextPart)Asked.ContinueFrom([new TextPart(said)], prefill: false).Turns[2].Parts[0]).Text;
        Assert.DoesNotContain(told, c => char.IsSurrogate(c));
    }

    [Fact]
    public void NothingSaid_AsksTheSameAgain()
    {
        Assert.Same(Asked, Asked.ContinueFrom([new TextPart(" \n"), new ThinkingPart("Hm", null, ReasoningMaker.Unknown)], prefill: false));
    }

    [Fact]
    public void ClientsOwnPrefill_IsJoinedWithWhatCameAfter()
    {
        var prefilled = Asked with { Turns = [.. Asked.Turns, new(TurnRole.Assistant, [new TextPart("{\"a\":")])] };
        var turns = prefilled.ContinueFrom([new TextPart(" 1")], prefill: true).Turns;
        Assert.Equal(2, turns.Count);
        Assert.Equal([new TextPart("{\"a\": 1")], turns[1].Parts);
    }

    [Theory]
    [InlineData("claude-sonnet-4-5-20250929", true)]
    [InlineData("claude-3-5-haiku-latest", true)]
    [InlineData("claude-opus-4-1-20250805", true)]
    [InlineData("us.anthropic.claude-sonnet-4-20250514-v1:0", true)]
    [InlineData("claude-opus-4-6", false)]
    [InlineData("claude-opus-4.8", false)]
    [InlineData("claude-sonnet-5", false)]
    [InlineData("claude-mythos-preview", false)]
    [InlineData("claude-future", false)]
    public void Prefill_IsKnownByModel(string model, bool takes) => Assert.Equal(takes, TargetProfile.For(WireProtocol.AnthropicMessages, model).Prefill);

    [Theory]
    [InlineData("gpt-4.1", false, false)]
    [InlineData("gpt-4o-mini", false, false)]
    [InlineData("o4-mini", true, false)]
    [InlineData("gpt-5-mini", true, false)]
    [InlineData("gpt-5.2", true, true)]
    [InlineData("gpt-5-chat-latest", false, false)]
    [InlineData("llama3.2", false, false)]
    public void Reasoning_IsKnownByModel(string model, bool reasons, bool canBeOff)
    {
        var profile = TargetProfile.For(WireProtocol.OpenAIChat, model);
        Assert.Equal(reasons, profile.Reasoning == ReasoningKind.Effort);
        Assert.Equal(!reasons, profile.SamplingAllowed);
        if (reasons) Assert.Equal(canBeOff, profile.ReasoningOff);
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":"gw1.open"},{"type":"text","text":"a"}]}],"x":1}""", """{"messages":[{"role":"assistant","content":[{"type":"text","text":"a"}]}],"x":1}""")]
    [InlineData("""{"messages":[{"role":"assistant","content":[{"type":"text","text":"a"}, {"type":"thinking","signature":"gw1.open","thinking":""} , {"type":"text","text":"b"}]}]}""", """{"messages":[{"role":"assistant","content":[{"type":"text","text":"a"} , {"type":"text","text":"b"}]}]}""")]
    [InlineData("""{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":"gw1.gemini.x"}]}]}""", """{"messages":[{"role":"assistant","content":[{"type":"text","text":"(no text)"}]}]}""")]
    [InlineData("""{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"1","signature":"gw1.a"},{"type":"thinking","thinking":"2","signature":"EqQ="},{"type":"thinking","thinking":"3","signature":"gw1.b"}]}]}""", """{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"2","signature":"EqQ="}]}]}""")]
    public void OurThinking_IsCutOutOfABodyOnItsWayToAnthropic(string body, string expected)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.True(ForeignThinking.TryStrip(Encoding.UTF8.GetBytes(body), output));
        Assert.Equal(expected, Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("""{"input":[{"role":"user","content":"Go"}, {"type":"reasoning","id":"rs_gw_1_0","summary":[]},{"type":"reasoning","id":"rs_2","summary":[]}]}""", """{"input":[{"role":"user","content":"Go"},{"type":"reasoning","id":"rs_2","summary":[]}]}""")]
    [InlineData("""{"input":[{"type":"reasoning","id":"rs_gw_1_0","summary":[]},{"role":"user","content":"rs_gw_"}],"store":false}""", """{"input":[{"role":"user","content":"rs_gw_"}],"store":false}""")]
    public void OurReasoning_IsCutOutOfABodyOnItsWayToOpenAI(string body, string expected)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.True(ForeignReasoning.TryStrip(Encoding.UTF8.GetBytes(body), output));
        Assert.Equal(expected, Encoding.UTF8.GetString(output.WrittenSpan));
        Assert.False(ForeignReasoning.TryStrip(output.WrittenSpan, new ArrayBufferWriter<byte>()));
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"say \"gw1.open\""}]}""")]
    [InlineData("""{"messages":[{"role":"assistant","content":[{"type":"text","text":"a","signature":"gw1.open"}]}]}""")]
    [InlineData("""{"messages":[{"role":"assistant","content":[{"type":"thinking","signature":"gw1.open" """)]
    public void OtherBodies_AreLeftAlone(string body)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.False(ForeignThinking.TryStrip(Encoding.UTF8.GetBytes(body), output));
        Assert.Equal(0, output.WrittenCount);
    }
}
