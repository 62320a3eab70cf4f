using BenchmarkDotNet.Attributes;
using Understudy.Benchmarks.Subjects;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Benchmarks;

/// <summary>One content event of a stream: found and watched, or decoded and written in the other protocol.</summary>
[MemoryDiagnoser]
public class ChunkBenchmarks
{
    private readonly AnswerStreamReader _chat = Wire.Of(WireProtocol.OpenAIChat).NewStreamReader();
    private readonly AnswerStreamReader _anthropic = Wire.Of(WireProtocol.AnthropicMessages).NewStreamReader();
    private readonly AnswerStreamReader _padded = Wire.Of(WireProtocol.OpenAIChat).NewStreamReader();
    private readonly AnswerStreamReader _responses = Wire.Of(WireProtocol.OpenAIResponses).NewStreamReader();
    private readonly AnswerStreamReader _gemini = Wire.Of(WireProtocol.Gemini).NewStreamReader();
    private readonly AnswerStreamReader _translated = Wire.Of(WireProtocol.OpenAIChat).NewStreamReader();
    private readonly PooledBuffer _output = new();
    private AnswerStreamWriter _writer = null!;

    /// <summary>Opens the streams.</summary>
    [GlobalSetup]
    public void Open()
    {
        _writer = Wire.Of(WireProtocol.AnthropicMessages).NewStreamWriter(new() { Model = "mock-1", MessageId = "msg_1", Created = 1 }, _output);
        foreach (var opening in Bodies.ChatStream(0).Take(1))
        {
            _chat.Read(opening, null);
            _translated.Read(opening, _writer);
        }

        foreach (var opening in Bodies.AnthropicStream(0).Take(2)) _anthropic.Read(opening, null);
    }

    /// <summary>Only where the event ends.</summary>
    [Benchmark(Baseline = true)]
    public int Split()
    {
        var resume = 0;
        SseSplitter.TryFindEnd(Bodies.ChatChunk, ref resume, out var end);
        return end;
    }

    /// <summary>OpenAI's, watched.</summary>
    [Benchmark]
    public EventMeaning WatchChat()
    {
        var resume = 0;
        SseSplitter.TryFindEnd(Bodies.ChatChunk, ref resume, out var end);
        return _chat.Read(Bodies.ChatChunk.AsSpan(0, end), null);
    }

    /// <summary>Anthropic's, watched.</summary>
    [Benchmark]
    public EventMeaning WatchAnthropic()
    {
        var resume = 0;
        SseSplitter.TryFindEnd(Bodies.AnthropicChunk, ref resume, out var end);
        return _anthropic.Read(Bodies.AnthropicChunk.AsSpan(0, end), null);
    }

    /// <summary>OpenAI's with padding, watched.</summary>
    [Benchmark]
    public EventMeaning WatchPaddedChat() => Watch(_padded, Bodies.PaddedChatChunk);

    /// <summary>Responses', watched: numbered, so no two events are alike.</summary>
    [Benchmark]
    public EventMeaning WatchResponses() => Watch(_responses, Bodies.ResponsesChunk);

    /// <summary>Gemini's, watched.</summary>
    [Benchmark]
    public EventMeaning WatchGemini() => Watch(_gemini, Bodies.GeminiChunk);

    /// <summary>OpenAI's, decoded and written as Anthropic's.</summary>
    [Benchmark]
    public int Translate()
    {
        var resume = 0;
        SseSplitter.TryFindEnd(Bodies.ChatChunk, ref resume, out var end);
        _translated.Read(Bodies.ChatChunk.AsSpan(0, end), _writer);
        var length = _output.Length;
        _output.Consume(length);
        return length;
    }

    private static EventMeaning Watch(AnswerStreamReader reader, byte[] chunk)
    {
        var resume = 0;
        SseSplitter.TryFindEnd(chunk, ref resume, out var end);
        return reader.Read(chunk.AsSpan(0, end), null);
    }
}
