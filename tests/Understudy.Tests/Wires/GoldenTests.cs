using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Tests.Wires;

public class GoldenTests
{
    /// <summary>Targets whose rules differ.</summary>
    private static readonly (string Name, WireProtocol Protocol, string Model)[] Targets =
    [
        ("claude-4-5", WireProtocol.AnthropicMessages, "claude-sonnet-4-5"),
        ("claude-5", WireProtocol.AnthropicMessages, "claude-sonnet-5"),
        ("gpt-4.1", WireProtocol.OpenAIChat, "gpt-4.1"),
        ("gpt-5", WireProtocol.OpenAIChat, "gpt-5-mini"),
        ("responses-5.2", WireProtocol.OpenAIResponses, "gpt-5.2"),
        ("gemini-2.5", WireProtocol.Gemini, "gemini-2.5-flash"),
        ("gemini-3", WireProtocol.Gemini, "gemini-3-pro"),
        ("mistral", WireProtocol.OpenAIChat, "mistral-large-latest"),
    ];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Requests() => new(Fixture.Names("requests", "*.json"));

    public static TheoryData<string> Answers() => new(Fixture.Names("answers", "*.json"));

    public static TheoryData<string> Hostile() => new(Fixture.Names("hostile", "*.json"));

    [Theory, MemberData(nameof(Requests))]
    public void Request_IsWrittenForEachTargetAsItsGoldenSays(string name)
    {
        var conversation = Wire.Of(Fixture.Protocol(name)).ReadRequest(Fixture.Bytes("requests", name));
        foreach (var target in Targets)
        {
            var output = new ArrayBufferWriter<byte>();
            var written = Wire.Of(target.Protocol).WriteRequest(conversation, TargetProfile.For(target.Protocol, target.Model), output);
            var text = new StringBuilder();
            if (written.Refusal is not null) text.Append($"// refused: {written.Refusal}\n");
            foreach (var loss in written.Losses) text.Append($"// lost: {loss}\n");
            foreach (var pair in written.ToolNames ?? new Dictionary<string, string>()) text.Append($"// renamed: {pair.Value} -> {pair.Key}\n");
            if (written.IsWritten) text.Append(Pretty(output.WrittenSpan)).Append('\n');
            else Assert.Equal(0, output.WrittenCount);
            Fixture.AssertGolden($"requests/for-{target.Name}", name, text.ToString());
        }
    }

    [Theory, MemberData(nameof(Answers))]
    public void Answer_IsWrittenForEachClientAsItsGoldenSays(string name)
    {
        var wire = Wire.Of(Fixture.Protocol(name));
        var body = Fixture.Bytes("answers", name);
        var check = wire.InspectAnswer(body);
        var text = new StringBuilder($"// {check.State}, finish {check.Finish}, {check.Usage}\n");
        if (check.Error is not null) text.Append($"// {check.Error}\n");
        foreach (var client in Fixture.Protocols)
        {
            if (check.State is AnswerState.Failed || (check.State is AnswerState.Garbage && check.Finish is null))
            {
                Assert.Throws<WireFormatException>(() => wire.ReadAnswer(body));
                continue;
            }

            var answer = wire.ReadAnswer(body);
            Assert.Equal(check.Usage, answer.Usage);
            Assert.Equal(check.Finish, answer.Finish);
            var output = new ArrayBufferWriter<byte>();
            Wire.Of(client).WriteAnswer(answer, Fixture.Context with { ShowThinking = true }, output);
            text.Append($"// for {client}\n").Append(Pretty(output.WrittenSpan)).Append('\n');
        }

        Fixture.AssertGolden("answers/golden", name, text.ToString());
    }

    [Theory]
    [InlineData("anthropic.tools.json")]
    [InlineData("chat.tools.json")]
    [InlineData("responses.tools.json")]
    [InlineData("gemini.tools.json")]
    public void InspectedAnswer_AllocatesNothing(string name)
    {
        var body = Fixture.Bytes("answers", name);
        var wire = Wire.Of(Fixture.Protocol(name));
        wire.InspectAnswer(body);
        var before = GC.GetAllocatedBytesForCurrentThread();
        wire.InspectAnswer(body);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory, MemberData(nameof(Hostile))]
    public void HostileRequest_IsRefusedWithItsPlace(string name)
    {
        var refused = Assert.Throws<WireFormatException>(() => Wire.Of(Fixture.Protocol(name)).ReadRequest(Fixture.Bytes("hostile", name)));
        Fixture.AssertGolden("hostile", Path.ChangeExtension(name, ".txt"), $"{refused.Path}\n{refused.Message}\n");
    }

    [Theory, MemberData(nameof(StreamReaderTests.Streams), MemberType = typeof(StreamReaderTests))]
    public void Stream_IsWrittenForEachClientAsItsGoldenSays(string name)
    {
        foreach (var client in Fixture.Protocols)
        {
            var output = new ArrayBufferWriter<byte>();
            var reader = Wire.Of(Fixture.Protocol(name)).NewStreamReader();
            var writer = Wire.Of(client).NewStreamWriter(Fixture.Context with { ShowThinking = true, IncludeUsage = true }, output);
            foreach (var one in StreamReaderTests.Cut(Fixture.Bytes("streams", name))) reader.Read(one, writer);
            reader.Complete(writer);
            if (!writer.IsEnded) writer.Error(new(ClientErrorCause.Interrupted, "The answer was interrupted.", "req_1"));
            Fixture.AssertGolden("streams/golden", Path.ChangeExtension(name, $".{client}.sse"), Encoding.UTF8.GetString(output.WrittenSpan));
        }
    }

    internal static string Pretty(ReadOnlySpan<byte> json)
    {
        using var document = JsonDocument.Parse(json.ToArray(), new() { AllowDuplicateProperties = false });
        return JsonSerializer.Serialize(document.RootElement, Indented);
    }
}
