using System.Buffers;
using System.Text;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Extensions.AI.Tests;

/// <summary>A conversation that is written down for later is the same one when it is read.</summary>
public sealed class WrittenDownTests
{
    private static readonly Conversation Everything = new()
    {
        Origin = WireProtocol.InProcess,
        Model = "claude-sonnet-4-5",
        System = [new("Be brief."), new("Be kind: \"ünïcode\" 🎭")],
        Turns =
        [
            new(TurnRole.User, [new TextPart("Look."), new ImagePart("image/png", "iVBORw0KGgo", null) { Detail = "low" }, new ImagePart(null, null, "https://x.test/y.png"), new AudioPart("wav", "AAAA")]),
            new(TurnRole.Assistant, [new ThinkingPart("hm", "sig", ReasoningMaker.Anthropic), new ThinkingPart("so", "gsig", ReasoningMaker.Gemini), new RedactedThinkingPart("opaque", ReasoningMaker.Anthropic), new TextPart("I look."), new ToolCallPart("call_1", "seats", """{"evening":"Friday"}""") { GeminiSignature = "g" }]),
            new(TurnRole.User, [new ToolResultPart("call_1", [new TextPart("7"), new ImagePart("image/png", "iVBORw0KGgo", null)], IsError: true)]),
            new(TurnRole.System, [new TextPart("Mid-way.")]),
            new(TurnRole.Assistant, [new RefusalPart("No.")]),
            new(TurnRole.User, [new DocumentPart("application/pdf", "JVBERi0", null, null, "play.pdf"), new DocumentPart("text/plain", null, "the text", null, null), new DocumentPart(null, null, null, "https://x.test/z.pdf", null)]),
        ],
        Tools = [new(ToolKind.Function, "seats", "", WireProtocol.InProcess) { Description = "Seats.", Schema = """{"type":"object"}""", Strict = true }, new(ToolKind.Function, "bare", "", WireProtocol.InProcess)],
        ToolChoice = new(ToolChoiceKind.One, ["seats"]),
        ParallelTools = false,
        Sampling = new() { Temperature = "0.7", TopP = "0.9", TopK = "40", Seed = "7", FrequencyPenalty = "0.1", PresencePenalty = "-0.2", StopSequences = ["###", "\n"] },
        MaxOutput = 500,
        Reasoning = new(ReasoningEffort.High, 2048, Adaptive: true),
        Output = new("""{"type":"object"}""", "play", "A play.", true),
        Stream = true,
        IncludeUsage = true,
        UserId = "ann",
    };

    [Fact]
    public void WrittenAndRead_NothingIsLost()
    {
        var bytes = Write(Everything);
        var read = Wire.Of(WireProtocol.InProcess).ReadRequest(bytes);

        Assert.Equal(Encoding.UTF8.GetString(bytes), Encoding.UTF8.GetString(Write(read)));
        Assert.Equivalent(Everything, read, strict: true);
        Assert.Null(RequestScan.TryScan(bytes, out var facts)); // as deferred work is scanned when it is done
        Assert.Equal((500, true, true, true), (facts.MaxTokens, facts.Stream, facts.HasTools, facts.Reasoning));
    }

    [Fact]
    public void EveryPropertyOfAConversation_IsWrittenOrKnownNotToBe()
    {
        // A new one must be written, or the cache gives one question's answer to another.
        string[] known =
        [
            "Origin", "Model", "System", "Turns", "Tools", "ToolChoice", "ParallelTools", "Sampling", "MaxOutput", "Reasoning", "Output", "Stream", "IncludeUsage", "UserId",
            "Answers", "Extras", "Losses", // never set by a program's call
        ];
        Assert.Equal(known.Order(), typeof(Conversation).GetProperties().Select(property => property.Name).Order());
    }

    private static byte[] Write(Conversation conversation)
    {
        var output = new ArrayBufferWriter<byte>();
        Wire.Of(WireProtocol.InProcess).WriteRequest(conversation, new() { Model = "" }, output);
        return output.WrittenSpan.ToArray();
    }
}
