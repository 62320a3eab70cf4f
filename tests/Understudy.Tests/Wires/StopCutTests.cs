using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Tests.Wires;

/// <summary>Stop sequences that a target does not heed, however the text is cut into pieces.</summary>
public sealed class StopCutTests
{
    private static Answer Through(IEnumerable<string> pieces, params string[] stops)
    {
        var collected = new AnswerCollector();
        var filter = new StopCut(stops, collected);
        foreach (var piece in pieces) filter.Text(piece);
        filter.Finish(FinishReason.Stop, null, default);
        return collected.ToAnswer();
    }

    [Theory]
    [InlineData("One. END Two.", "One. ", "END")]
    [InlineData("One. ENEND", "One. EN", "END")]
    [InlineData("END", "", "END")]
    [InlineData("One. EN", "One. EN", null)]
    [InlineData("One. Two.", "One. Two.", null)]
    [InlineData("a\n\nb", "a", "\n\n")]
    [InlineData("a STOP b END", "a ", "STOP")]
    public void EveryCutIntoTwoAndThree_EndsAtTheSamePlace(string text, string before, string? stop)
    {
        for (var i = 0; i <= text.Length; i++)
        {
            for (var j = i; j <= text.Length; j++) Check(Through([text[..i], text[i..j], text[j..]], "END", "\n\n", "STOP"));
        }

        Check(Through(text.Select(c => c.ToString()), "END", "\n\n", "STOP"));
        Check(StopCut.Of(new() { Parts = [new TextPart(text)], Finish = FinishReason.Stop }, ["END", "\n\n", "STOP"]));

        void Check(Answer answer)
        {
            Assert.Equal(before, string.Concat(answer.Parts.OfType<TextPart>().Select(part => part.Text)));
            Assert.Equal((stop is null ? FinishReason.Stop : FinishReason.StopSequence, stop), (answer.Finish, answer.StopSequence));
        }
    }

    [Fact]
    public void WhatStandsBefore_Stays_AndWhatStandsBehind_Goes()
    {
        var answer = StopCut.Of(
            new() { Parts = [new ThinkingPart("END", null, ReasoningMaker.Unknown), new TextPart("One."), new TextPart("Two. END Three."), new ToolCallPart("1", "look", "{}")], Finish = FinishReason.ToolUse },
            ["END"]);
        Assert.Equal([new ThinkingPart("END", null, ReasoningMaker.Unknown), new TextPart("One."), new TextPart("Two. ")], answer.Parts);
        Assert.Equal(FinishReason.StopSequence, answer.Finish);
    }

    [Theory]
    [InlineData(WireProtocol.OpenAIResponses, "gpt-4o", 1, 1)]
    [InlineData(WireProtocol.OpenAIResponses, "gpt-4o", 0, 0)]
    [InlineData(WireProtocol.OpenAIChat, "gpt-4o", 4, 0)]
    [InlineData(WireProtocol.OpenAIChat, "gpt-4o", 5, 5)]
    [InlineData(WireProtocol.OpenAIChat, "o4-mini", 1, 1)]
    [InlineData(WireProtocol.Gemini, "gemini-2.5-pro", 5, 0)]
    [InlineData(WireProtocol.Gemini, "gemini-2.5-pro", 6, 6)]
    [InlineData(WireProtocol.AnthropicMessages, "claude-sonnet-4-5", 20, 0)]
    public void ATargetIsHelped_WhereItDoesNotHeedAll(WireProtocol protocol, string model, int stops, int helped) =>
        Assert.Equal(helped, StopCut.NeededFor(
            new() { Origin = WireProtocol.AnthropicMessages, Model = "m", Sampling = new() { StopSequences = [.. Enumerable.Range(0, stops).Select(number => $"stop {number}")] } },
            protocol, model).Count);
}
