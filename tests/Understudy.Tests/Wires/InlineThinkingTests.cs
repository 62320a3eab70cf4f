using Understudy.Wires;

namespace Understudy.Tests.Wires;

/// <summary>Reasoning between tags in the text, however the text is cut into pieces.</summary>
public sealed class InlineThinkingTests
{
    private static string Said(IReadOnlyList<Part> parts) => string.Join('|', parts.Select(part => part switch
    {
        ThinkingPart thinking => $"({thinking.Text})",
        TextPart text => text.Text,
        ToolCallPart call => $"[{call.Name}]",
        _ => "?",
    }));

    private static string Through(IEnumerable<string> pieces, bool call = false)
    {
        var collected = new AnswerCollector();
        var filter = new InlineThinking(collected);
        filter.Start(null, null);
        foreach (var piece in pieces) filter.Text(piece);
        if (call)
        {
            filter.ToolCall(0, "1", "look");
            filter.ToolCallEnd(0);
        }

        filter.Finish(FinishReason.Stop, null, default);
        Assert.True(collected.IsFinished);
        return Said(collected.Parts());
    }

    [Theory]
    [InlineData("<think>Hm.</think>Hello.", "(Hm.)|Hello.")]
    [InlineData("\n<think>\nHm.\n</think>\n\n Hello <think>you</think>.", "(\nHm.\n)|Hello <think>you</think>.")]
    [InlineData("<think>a </thinking> b</think>Yes.", "(a </thinking> b)|Yes.")]
    [InlineData("<think></think>Yes.", "Yes.")]
    [InlineData("<think>cut in the middle of </thi", "(cut in the middle of </thi)")]
    [InlineData("Hello. <think>not here</think>", "Hello. <think>not here</think>")]
    [InlineData("<thin air>", "<thin air>")]
    [InlineData("<thi", "<thi")]
    [InlineData("  ", "  ")]
    public void EveryCutIntoTwoAndThree_SaysTheSame(string text, string expected)
    {
        for (var i = 0; i <= text.Length; i++)
        {
            for (var j = i; j <= text.Length; j++) Assert.Equal(expected, Through([text[..i], text[i..j], text[j..]]));
        }

        Assert.Equal(expected, Through(text.Select(c => c.ToString())));
        Assert.Equal(expected, Said(InlineThinking.Of(new() { Parts = [new TextPart(text)] }).Parts));
    }

    [Fact]
    public void AToolCallBehindAThought_ComesBehindIt() => Assert.Equal("(Hm.)|[look]", Through(["<think>Hm.</think>\n"], call: true));

    [Fact]
    public void ManyBlanks_AreNoMark() => Assert.Equal(new string(' ', 40) + "x", Through([new(' ', 20), new(' ', 20), "x"]));

    [Theory]
    [InlineData("deepseek-r1", true)]
    [InlineData("qwen3:8b", true)]
    [InlineData("gpt-5", false)]
    [InlineData("o4-mini", false)]
    [InlineData("chatgpt-4o-latest", false)]
    [InlineData("olmo-2", true)]
    public void OnlyModelsThatDoSo_AreLookedAt(string model, bool may) => Assert.Equal(may, InlineThinking.MayBeBy(model));
}
