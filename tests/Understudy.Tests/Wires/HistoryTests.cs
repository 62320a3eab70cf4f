using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Tests.Wires;

public class HistoryTests
{
    private static readonly TargetProfile Able = new() { Model = "m", Prefill = true, Reasoning = ReasoningKind.Budget };

    [Fact]
    public void TranslatedThereAndBack_KeepsWhatBothCanSay()
    {
        Prop.ForAll(Conversations().ToArbitrary(), conversation =>
        {
            foreach (var via in Fixture.Protocols)
            {
                var once = Normal(conversation);
                var back = Through(once, via);
                Assert.Equal(Describe(once), Describe(Normal(back)));
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void AnyHistory_LeavesEachCallWithItsResultBehindIt()
    {
        Prop.ForAll(Conversations().ToArbitrary(), conversation =>
        {
            var turns = History.Arrange(conversation, new() { Protocol = WireProtocol.AnthropicMessages, ToolId = ToolIds.Common }, []);
            var seen = new HashSet<string>();
            for (var i = 0; i < turns.Count; i++)
            {
                Assert.NotEmpty(turns[i].Parts);
                if (i > 0) Assert.NotEqual(turns[i - 1].Role, turns[i].Role);
                var calls = turns[i].Parts.OfType<ToolCallPart>().Select(call => call.Id).ToArray();
                Assert.All(calls, id => Assert.True(seen.Add(id)));
                if (calls.Length > 0)
                {
                    Assert.Equal(calls, turns[i + 1].Parts.Take(calls.Length).Select(part => ((ToolResultPart)part).Id));
                }

                var before = i == 0 ? 0 : turns[i - 1].Parts.Count(part => part is ToolCallPart);
                Assert.Equal(before, turns[i].Parts.Count(part => part is ToolResultPart));
            }

            if (turns.Count > 0) Assert.Equal(TurnRole.User, turns[0].Role);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("toolu_01AbC", "toolu_01AbC")]
    [InlineData("functions.Bash:0", null)]
    [InlineData("", null)]
    [InlineData("this-id-has-more-than-forty-characters-in-it-indeed", null)]
    public void ToolId_IsKeptWhereAllowedAndElseTheSameEveryTime(string id, string? kept)
    {
        var mapped = ToolIds.Common(id);
        if (kept is not null) Assert.Equal(kept, mapped);
        Assert.Equal(mapped, ToolIds.Common(id));
        Assert.Equal(mapped, ToolIds.Common(mapped));
        Assert.Matches("^[a-zA-Z0-9_-]{1,40}$", mapped);
        Assert.Matches("^[a-zA-Z0-9]{9}$", ToolIds.Nine(id));
        Assert.Equal(ToolIds.Nine(id), ToolIds.Nine(ToolIds.Nine(id)));
    }

    [Fact]
    public void SameIdTwiceInOneTurn_GetsTwoIdsAndEachItsResult()
    {
        var conversation = new Conversation
        {
            Origin = WireProtocol.OpenAIChat,
            Model = "m",
            Turns =
            [
                new(TurnRole.User, [new TextPart("go")]),
                new(TurnRole.Assistant, [new ToolCallPart("c", "f", "1"), new ToolCallPart("c", "f", "2")]),
                new(TurnRole.User, [new ToolResultPart("c", [new TextPart("one")], false), new ToolResultPart("c", [new TextPart("two")], false)]),
            ],
        };
        var turns = History.Arrange(conversation, new() { Protocol = WireProtocol.AnthropicMessages, ToolId = ToolIds.Common }, []);
        var ids = turns[1].Parts.OfType<ToolCallPart>().Select(call => call.Id).ToArray();
        Assert.Equal(2, ids.Distinct().Count());
        Assert.Equal(ids, turns[2].Parts.OfType<ToolResultPart>().Select(result => result.Id));
        Assert.Equal(["one", "two"], turns[2].Parts.OfType<ToolResultPart>().Select(result => ((TextPart)result.Content[0]).Text));
    }

    private static Conversation Through(Conversation conversation, WireProtocol via)
    {
        var output = new ArrayBufferWriter<byte>();
        var written = Wire.Of(via).WriteRequest(conversation, Able, output);
        Assert.True(written.IsWritten, written.Refusal);
        return Wire.Of(via).ReadRequest(output.WrittenSpan);
    }

    /// <summary>In the order that everybody wants, so that only real losses show.</summary>
    private static Conversation Normal(Conversation conversation) => conversation with
    {
        Turns = History.Arrange(conversation, new() { Protocol = WireProtocol.Gemini, ToolId = ToolIds.Common }, []),
    };

    private static string Describe(Conversation conversation)
    {
        var text = new StringBuilder();
        var ids = new List<string>(); // by their order: Gemini pairs by that, and its ids are new
        foreach (var block in conversation.System) text.Append($"system {block.Text}\n");
        foreach (var turn in conversation.Turns)
        {
            // Chat joins the texts of a turn, and puts calls behind them.
            var joint = turn.Role == TurnRole.User ? "\n\n" : "";
            text.Append($"{turn.Role} [{string.Join(joint, turn.Parts.OfType<TextPart>().Select(part => part.Text))}]");
            foreach (var part in turn.Parts.OfType<ToolCallPart>()) text.Append($" call {Number(part.Id)} {part.Name} {part.Arguments}");
            foreach (var part in turn.Parts.OfType<ToolResultPart>()) text.Append($" result {Number(part.Id)} {part.IsError} {string.Concat(part.Content.OfType<TextPart>().Select(inner => inner.Text))}");
            text.Append('\n');
        }

        return text.Append($"{conversation.MaxOutput} {conversation.Sampling.Temperature}").ToString();

        int Number(string id)
        {
            if (!ids.Contains(id)) ids.Add(id);
            return ids.IndexOf(id);
        }
    }

    private static Gen<Conversation> Conversations()
    {
        var word = Gen.Elements("a", "Hé", "🌍", "line\nline", "\"q\"", "tab\there", "<b>", "\\", " x ");
        var id = Gen.Elements("t1", "t2", "t3", "functions.f:0");
        var text = word.Select(w => (Part)new TextPart(w));
        var call = id.SelectMany(i => Gen.Elements("{}", "{\"a\":1.50}", "{\"b\":[true,null,\"\\u00e9\"]}").Select(a => (Part)new ToolCallPart(i, "f", a)));
        var result = id.SelectMany(i => word.SelectMany(w => Gen.Elements(true, false).Select(e => (Part)new ToolResultPart(i, [new TextPart(w)], e))));
        var user = Gen.Frequency((3, text), (2, result)).NonEmptyListOf().Select(parts => new Turn(TurnRole.User, [.. parts.Take(4)]));
        var assistant = Gen.Frequency((3, text), (2, call)).NonEmptyListOf().Select(parts => new Turn(TurnRole.Assistant, [.. parts.Take(4)]));
        return Gen.OneOf(user, assistant).NonEmptyListOf().SelectMany(turns => Gen.Elements(null, "0.5", "1").Select(temperature => new Conversation
        {
            Origin = WireProtocol.Gemini, // of nobody who is asked: nothing may be kept as raw JSON
            Model = "m",
            System = [new TextPart("Be kind.")],
            Turns = [.. turns.Take(6), new(TurnRole.User, [new TextPart("end")])],
            MaxOutput = 1000,
            Sampling = new() { Temperature = temperature },
        }));
    }
}
