using System.Text;
using Understudy.Calls;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.Wires;

namespace Understudy.Tests.Pipeline;

/// <summary>A model that says the same thing over and over looks like success to everything else.</summary>
public sealed class RepetitionTests
{
    public static TheoryData<WireProtocol> EveryProtocol => [.. Saying.Protocols];

    public static TheoryData<WireProtocol, string> Meant()
    {
        var table = new TheoryData<WireProtocol, string>();
        foreach (var protocol in Saying.Protocols)
        {
            foreach (var kind in Texts.Keys) table.Add(protocol, kind);
        }

        return table;
    }

    /// <summary>What repeats and is meant.</summary>
    private static readonly Dictionary<string, Func<string>> Texts = new()
    {
        ["a ruler"] = () => "Table:\n" + new string('-', 8_000) + "\n| a | b |",
        ["laughter"] = () => string.Concat(Enumerable.Repeat("ha ", 3_000)) + "!",
        ["a list of zeros"] = () => "[" + string.Concat(Enumerable.Repeat("0, ", 15_000)) + "0]",
        ["an empty picture"] = () => "data:image/bmp;base64," + new string('A', 60_000) + "=",
        ["rows of a table"] = () => string.Concat(Enumerable.Range(0, 3_000).Select(row => $"| row {row} | 0.00 | 0.00 | open |\n")),
        ["the same line, again and again, for a while"] = () => string.Concat(Enumerable.Repeat("All work and no play makes Jack a dull boy.\n", 300)),
        ["prose"] = () => string.Concat(Enumerable.Range(0, 4_000).Select(word => $"word{word * 7919 % 1009} ")),
    };

    [Theory]
    [MemberData(nameof(Meant))]
    public void WhatIsMeant_PassesStreamedAndWhole(WireProtocol protocol, string kind)
    {
        var text = Texts[kind]();
        foreach (var stream in (bool[])[true, false])
        {
            var stage = Saying.Two(protocol);
            stage.Script("first/m", Saying.Reply(protocol, stream, Pieces(text, 37)));
            var client = stage.Call(stream, Saying.Request(protocol, stream), "m", protocol);
            Assert.Equal(text, Saying.Text(protocol, stream, client.Bytes, out _));
            Assert.Equal("first/m", client.Head.ServedBy);
            Assert.Equal(CallOutcome.Answered, stage.Records.Single().Outcome);
        }
    }

    [Theory]
    [MemberData(nameof(EveryProtocol))]
    public void StreamThatLoops_EndsInAnErrorAndIsNotGoneOnWith(WireProtocol protocol)
    {
        foreach (var unit in (string[])[" really", "I will look at that file again.\n", "x"])
        {
            var stage = Saying.Two(protocol);
            // A word a piece: the limit would come after ninety thousand characters, the end comes before.
            var asked = 0;
            stage.Script("first/m", Reply.Stream(Encoding.UTF8.GetString(Saying.Stream(protocol, Enumerable.Repeat(unit, 90_000 / unit.Length).Prepend("Well,"), FinishReason.Length)).SplitAfter("\n\n")));
            stage.Script("second/m", _ => throw new InvalidOperationException($"asked to go on with a loop ({++asked})"));
            var client = stage.Call(true, Saying.Request(protocol, true), "m", protocol);
            _ = Saying.Text(protocol, true, client.Bytes, out var meanings);
            Assert.True((meanings & EventMeaning.Failed) != 0);
            Assert.True((meanings & (EventMeaning.Finished | EventMeaning.Closed)) == 0);
            var record = stage.Records.Single();
            Assert.Equal(CallOutcome.Failed, record.Outcome);
            Assert.Equal(FailureKind.Garbage, record.Attempts.Single().Failure!.Kind);
            Assert.Contains("over and over", record.Attempts.Single().Failure!.Reason, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(EveryProtocol))]
    public void LoopInTheFirstEvent_IsMovedUnseen(WireProtocol protocol)
    {
        var stage = Saying.Two(protocol);
        stage.Script("first/m", Saying.Reply(protocol, true, [string.Concat(Enumerable.Repeat("again and ", 9_000))]));
        stage.Script("second/m", Saying.Reply(protocol, true, ["Fine."]));
        var client = stage.Call(true, Saying.Request(protocol, true), "m", protocol);
        Assert.Equal("Fine.", Saying.Text(protocol, true, client.Bytes, out _));
    }

    [Theory]
    [MemberData(nameof(EveryProtocol))]
    public void WholeAnswerThatLoopsToItsLimit_IsMovedUnseen(WireProtocol protocol)
    {
        var stage = Saying.Two(protocol);
        stage.Script("first/m", Saying.Reply(protocol, false, Enumerable.Repeat(" really", 1_000).Prepend("Well,"), FinishReason.Length));
        stage.Script("second/m", Saying.Reply(protocol, false, ["Fine."]));
        var client = stage.Call(false, Saying.Request(protocol, false), "m", protocol);
        Assert.Equal("Fine.", Saying.Text(protocol, false, client.Bytes, out _));
        Assert.Equal(FailureKind.Garbage, stage.Records.Single().Attempts[0].Failure!.Kind);
    }

    [Theory]
    [MemberData(nameof(EveryProtocol))]
    public void LongAnswerThatIsCutByItsLimit_IsGood(WireProtocol protocol)
    {
        var text = Texts["prose"]();
        var stage = Saying.Two(protocol);
        stage.Script("first/m", Saying.Reply(protocol, false, [text], FinishReason.Length));
        var client = stage.Call(false, Saying.Request(protocol, false), "m", protocol);
        Assert.Equal(text, Saying.Text(protocol, false, client.Bytes, out _));
    }

    private static IEnumerable<string> Pieces(string text, int length)
    {
        for (var at = 0; at < text.Length; at += length) yield return text.Substring(at, Math.Min(length, text.Length - at));
    }
}
