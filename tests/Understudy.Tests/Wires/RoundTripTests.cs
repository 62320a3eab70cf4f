using System.Buffers;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Tests.Wires;

/// <summary>A conversation that is written in another protocol and read there again says what it said: everything that both can say.</summary>
public sealed class RoundTripTests
{
    public static TheoryData<WireProtocol> EveryProtocol => [.. Fixture.Protocols];

    private static readonly Gen<string> Text = Gen.Elements("Hello.", "Größe \"L\"", "line\nbreak", "日本 🌍", "{\"not\":\"a call\"}", "a \\ b", " padded ");

    private static readonly Gen<(string Said, int Calls, bool Fails, bool Picture)> Step =
        from said in Text
        from calls in Gen.Choose(0, 3)
        from fails in Gen.Elements(true, false)
        from picture in Gen.Elements(true, false)
        select (said, calls, fails, picture);

    [Theory]
    [MemberData(nameof(EveryProtocol))]
    public void Conversation_SaysTheSameThereAndBack(WireProtocol protocol) => Check.QuickThrowOnFailure(Prop.ForAll(
        Step.NonEmptyListOf().ToArbitrary(),
        steps =>
        {
            var conversation = Make(steps);
            var output = new ArrayBufferWriter<byte>();
            var written = Wire.Of(protocol).WriteRequest(conversation, TargetProfile.For(protocol, Model(protocol)), output);
            Assert.True(written.IsWritten, written.Refusal);
            var back = Wire.Of(protocol).ReadRequest(output.WrittenSpan);
            Assert.Equal(Said(conversation), Said(back));
            Assert.Equal(["Be brief."], back.System.Select(block => block.Text));
            Assert.Equal(["f"], back.Tools.Select(tool => tool.Name));
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(conversation.Tools[0].Schema!), JsonNode.Parse(back.Tools[0].Schema!)));
            Assert.Equal(ToolChoiceKind.Auto, back.ToolChoice!.Kind);
            Assert.Equal(777, back.MaxOutput);
            Assert.Equal("0.5", back.Sampling.Temperature);
        }));

    private static string Model(WireProtocol protocol) => protocol switch
    {
        WireProtocol.AnthropicMessages => "claude-sonnet-4-5",
        WireProtocol.OpenAIChat or WireProtocol.OpenAIResponses => "gpt-4o",
        WireProtocol.InProcess => throw new ArgumentOutOfRangeException(nameof(protocol)),
        WireProtocol.Gemini => "gemini-2.5-flash",
    };

    private static Conversation Make(IEnumerable<(string Said, int Calls, bool Fails, bool Picture)> steps)
    {
        var turns = new List<Turn>();
        var call = 0;
        foreach (var step in steps)
        {
            var asked = new List<Part> { new TextPart("Q: " + step.Said) };
            if (step.Picture) asked.Add(new ImagePart("image/png", "iVBORw0KGgoAAAA=", null));
            turns.Add(new(TurnRole.User, asked));
            if (step.Calls > 0)
            {
                var calls = Enumerable.Range(call, step.Calls).Select(number => new ToolCallPart($"call_{number}", "f", $$"""{"n":{{number}},"big":12345678901234567890,"text":"é\n"}""")).ToList();
                call += step.Calls;
                turns.Add(new(TurnRole.Assistant, [new TextPart(step.Said), .. calls]));
                turns.Add(new(TurnRole.User, [.. calls.Select((one, i) => new ToolResultPart(one.Id, [new TextPart($"{i}: {step.Said}")], step.Fails && i == 0))]));
            }

            turns.Add(new(TurnRole.Assistant, [new TextPart("A: " + step.Said)]));
        }

        turns.Add(new(TurnRole.User, [new TextPart("And now?")]));
        return new()
        {
            Origin = WireProtocol.AnthropicMessages,
            Model = "m",
            System = [new TextPart("Be brief.")],
            Turns = turns,
            Tools = [new(ToolKind.Function, "f", """{"name":"f","description":"d","input_schema":{"type":"object","properties":{"n":{"type":"integer"}}}}""", WireProtocol.AnthropicMessages) { Description = "d", Schema = """{"type":"object","properties":{"n":{"type":"integer"}}}""" }],
            ToolChoice = ToolChoice.Of(ToolChoiceKind.Auto),
            MaxOutput = 777,
            Sampling = new() { Temperature = "0.5" },
        };
    }

    /// <summary>What is said, in order, in words that no protocol's grouping of turns changes. Ids are each target's own; that they pair up is said by the numbers.</summary>
    private static List<string> Said(Conversation conversation)
    {
        var ids = new Dictionary<string, int>();
        return [.. conversation.Turns.SelectMany(turn => turn.Parts.Select(part => (turn.Role, part))).Select(said => said.part switch
        {
            TextPart text => $"{said.Role}: {text.Text}",
            ImagePart image => $"{said.Role} shows {image.MediaType} {image.Base64}",
            ToolCallPart call => $"call {ids[call.Id] = ids.Count} {call.Name} {JsonNode.Parse(call.Arguments)!.ToJsonString()}",
            ToolResultPart result => $"result of {ids[result.Id]}: {(result.IsError ? "failed " : "")}{string.Concat(result.Content.OfType<TextPart>().Select(text => text.Text))}",
            _ => said.part.ToString(),
        })];
    }
}
