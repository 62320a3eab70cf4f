using System.Buffers;
using System.Text;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Tests.Wires;

public class StreamWriterTests
{
    public static TheoryData<WireProtocol> Clients() => new(Fixture.Protocols);

    [Theory, MemberData(nameof(StreamReaderTests.Streams), MemberType = typeof(StreamReaderTests))]
    public void TranslatedStream_ReadAgain_SaysTheSame(string name)
    {
        foreach (var client in ClientsFor(name))
        {
            var meant = new AnswerCollector();
            Play(name, meant);
            if (!meant.IsFinished) continue;
            var read = new AnswerCollector();
            ReadBack(client, Written(name, client, Fixture.Context with { ShowThinking = true, IncludeUsage = true }), read);
            Assert.True(read.IsFinished);
            Assert.Equal(Said(meant), Said(read));
            var usage = meant.ToAnswer().Usage;
            if (client == WireProtocol.Gemini) usage = usage with { CacheWrite = 0 }; // it has no word for that
            if (!usage.IsUnknown) Assert.Equal(usage, read.ToAnswer().Usage);
        }
    }

    [Theory, MemberData(nameof(StreamReaderTests.Streams), MemberType = typeof(StreamReaderTests))]
    public void AnyStream_HoldingCalls_GivesTheClientNoHalfCall(string name)
    {
        foreach (var client in ClientsFor(name))
        {
            var reader = Wire.Of(client).NewStreamReader();
            foreach (var one in StreamReaderTests.Cut(Written(name, client, Fixture.Context with { HoldToolCalls = true })))
            {
                Assert.False(reader.Read(one, null).HasFlag(EventMeaning.Garbage));
            }

            Assert.False(reader.InToolCall);
        }
    }

    [Theory, MemberData(nameof(StreamReaderTests.Streams), MemberType = typeof(StreamReaderTests))]
    public void AnthropicClient_GetsBlocksWithoutGapsOneAtATime(string name)
    {
        var (open, next, starts, ended) = (-1, 0, 0, false);
        foreach (var one in StreamReaderTests.Cut(Written(name, WireProtocol.AnthropicMessages, Fixture.Context with { ShowThinking = true })))
        {
            var text = Encoding.UTF8.GetString(one);
            Assert.StartsWith("event: ", text);
            Assert.False(ended);
            if (text.StartsWith("event: message_start")) Assert.Equal(1, ++starts);
            if (text.StartsWith("event: content_block_start"))
            {
                Assert.Equal(-1, open);
                Assert.Contains($"\"index\":{next}", text);
                open = next++;
            }
            else if (text.StartsWith("event: content_block"))
            {
                Assert.Contains($"\"index\":{open}", text);
                if (text.StartsWith("event: content_block_stop")) open = -1;
            }

            ended = text.StartsWith("event: message_stop") || text.StartsWith("event: error");
        }

        Assert.True(ended);
    }

    [Theory, MemberData(nameof(Clients))]
    public void CutInText_ContinuedByAnother_IsOneMessage(WireProtocol client)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = Wire.Of(client).NewStreamWriter(Fixture.Context with { IncludeUsage = true }, output);
        var first = Wire.Of(WireProtocol.AnthropicMessages).NewStreamReader();
        foreach (var one in StreamReaderTests.Cut(Fixture.Bytes("streams", "anthropic.cut-in-text.sse"))) first.Read(one, writer);
        writer.KeepAlive();
        writer.Resume(first.Usage);
        var second = Wire.Of(WireProtocol.OpenAIChat).NewStreamReader();
        foreach (var one in StreamReaderTests.Cut(Fixture.Bytes("streams", "chat.worked-example.sse"))) second.Read(one, writer);

        var read = new AnswerCollector();
        ReadBack(client, output.WrittenSpan.ToArray(), read);
        var answer = read.ToAnswer();
        Assert.Equal("The answer is foHi", string.Concat(answer.Parts.OfType<TextPart>().Select(part => part.Text)));
        Assert.Single(answer.Parts.OfType<ToolCallPart>());
        Assert.Equal(FinishReason.ToolUse, answer.Finish);
        Assert.Equal(100 + 50, answer.Usage.Input);
        Assert.Equal(1 + 9, answer.Usage.Output);
        if (client == WireProtocol.AnthropicMessages) Assert.Equal(1, Count(output, "event: message_start"));
    }

    [Fact]
    public void CutInThinking_IsClosedWithOurMark()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = Wire.Of(WireProtocol.AnthropicMessages).NewStreamWriter(Fixture.Context with { ShowThinking = true }, output);
        writer.Start("a", "m");
        writer.Thinking("Hm");
        writer.Resume(default);
        writer.Start("b", "n");
        writer.Text("Hi");
        var text = Encoding.UTF8.GetString(output.WrittenSpan);
        Assert.Contains("\"signature\":\"gw1.open\"", text);
        Assert.Contains("\"index\":1,\"content_block\":{\"type\":\"text\"", text);
    }

    [Theory, MemberData(nameof(Clients))]
    public void HeldCallCutInHalf_LeavesNoTrace(WireProtocol client)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = Wire.Of(client).NewStreamWriter(Fixture.Context with { HoldToolCalls = true }, output);
        writer.Start(null, null);
        writer.Text("Wait.");
        writer.ToolCall(0, "t1", "f");
        writer.ToolArguments(0, "{\"a\":");
        Assert.False(writer.IsInToolCall);
        writer.Resume(default);
        writer.ToolCall(0, "t2", "f");
        writer.ToolArguments(0, "{}");
        writer.ToolCallEnd(0);
        writer.Finish(FinishReason.ToolUse, null, default);
        var text = Encoding.UTF8.GetString(output.WrittenSpan);
        Assert.DoesNotContain("t1", text);
        Assert.Contains("t2", text);
        Assert.Equal(1, writer.ToolCallsWritten);
    }

    [Fact]
    public void LiveCallCutInHalf_CantBeContinued()
    {
        var writer = Wire.Of(WireProtocol.OpenAIChat).NewStreamWriter(Fixture.Context, new ArrayBufferWriter<byte>());
        writer.Start(null, null);
        writer.ToolCall(0, "t1", "f");
        Assert.True(writer.IsInToolCall);
        Assert.Throws<InvalidOperationException>(() => writer.Resume(default));
    }

    [Theory, MemberData(nameof(Clients))]
    public void Error_EndsTheStreamWithoutAFalseEnd(WireProtocol client)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = Wire.Of(client).NewStreamWriter(Fixture.Context, output);
        writer.Start(null, null);
        writer.Text("Half");
        writer.Error(new(ClientErrorCause.Interrupted, "Broken.", "req_1"));
        var before = output.WrittenCount;
        writer.Text("more");
        writer.Finish(FinishReason.Stop, null, default);
        writer.KeepAlive();
        Assert.Equal(before, output.WrittenCount);
        var reader = Wire.Of(client).NewStreamReader();
        var meanings = StreamReaderTests.Cut(output.WrittenSpan.ToArray()).Select(one => reader.Read(one, null)).ToArray();
        Assert.Contains(meanings, meaning => meaning.HasFlag(EventMeaning.Failed));
        Assert.DoesNotContain(meanings, meaning => (meaning & (EventMeaning.Finished | EventMeaning.Closed)) != 0);
        Assert.Equal("Broken.", reader.Error?.Message);
    }

    [Fact]
    public void ThinkingNobodyAskedFor_IsDroppedButCounted()
    {
        var text = Encoding.UTF8.GetString(Written("chat.worked-example.sse", WireProtocol.AnthropicMessages, Fixture.Context));
        Assert.DoesNotContain("Hm", text);
        Assert.Contains("\"thinking_tokens\":3", text);
    }

    [Fact]
    public void UpstreamWithoutUsage_IsEstimated()
    {
        var text = Encoding.UTF8.GetString(Written("chat.crlf.sse", WireProtocol.AnthropicMessages, Fixture.Context with { InputEstimate = 12 }));
        Assert.Contains("\"usage\":{\"input_tokens\":12,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":1}", text);
    }

    /// <summary>A call with free text comes only to a client that declared such a tool.</summary>
    private static WireProtocol[] ClientsFor(string name) => name.Contains("custom-tool") ? [WireProtocol.OpenAIResponses] : Fixture.Protocols;

    private static byte[] Written(string name, WireProtocol client, AnswerContext context)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = Wire.Of(client).NewStreamWriter(context, output);
        Play(name, writer);
        if (!writer.IsEnded) writer.Error(new(ClientErrorCause.Interrupted, "x", "req_1"));
        return output.WrittenSpan.ToArray();
    }

    private static void Play(string name, IAnswerEvents listener)
    {
        var reader = Wire.Of(Fixture.Protocol(name)).NewStreamReader();
        foreach (var one in StreamReaderTests.Cut(Fixture.Bytes("streams", name))) reader.Read(one, listener);
        reader.Complete(listener);
    }

    private static void ReadBack(WireProtocol client, byte[] stream, IAnswerEvents listener)
    {
        var reader = Wire.Of(client).NewStreamReader();
        foreach (var one in StreamReaderTests.Cut(stream)) reader.Read(one, listener);
        reader.Complete(listener);
    }

    private static string Said(AnswerCollector collector)
    {
        var answer = collector.ToAnswer();
        var text = string.Concat(answer.Parts.Select(part => part switch { TextPart t => t.Text, RefusalPart r => r.Text, _ => "" }));
        var calls = string.Join(", ", answer.Parts.OfType<ToolCallPart>().Select(call => $"{call.Id} {call.Name} {(call.Arguments.Length == 0 ? "{}" : call.Arguments)}"));
        var finish = answer.Finish is FinishReason.Pause or FinishReason.StopSequence ? FinishReason.Stop : answer.Finish; // Chat has no word for these
        return $"{text} | {calls} | {finish}";
    }

    private static int Count(ArrayBufferWriter<byte> output, string what) => Encoding.UTF8.GetString(output.WrittenSpan).Split(what).Length - 1;
}
