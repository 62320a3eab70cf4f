using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Understudy.Benchmarks.Subjects;
using Understudy.Calls;
using Understudy.Wires;

namespace Understudy.Benchmarks;

/// <summary>A conversation read in one protocol and written in another, beside the least that understanding it costs: one document of it.</summary>
[MemoryDiagnoser]
public class TranslationBenchmarks
{
    private readonly PooledBuffer _output = new();
    private byte[] _body = [];

    /// <summary>The request's size. Twice the size must cost twice the time.</summary>
    [Params(100_000, 200_000, 400_000)]
    public int Length { get; set; }

    /// <summary>Makes the request.</summary>
    [GlobalSetup]
    public void Make() => _body = Bodies.LongRequest(Length);

    /// <summary>One document of it, and nothing else.</summary>
    [Benchmark(Baseline = true)]
    public JsonValueKind Parse()
    {
        using var document = JsonDocument.Parse(_body);
        return document.RootElement.ValueKind;
    }

    /// <summary>Anthropic's, for Chat.</summary>
    [Benchmark]
    public int AnthropicToChat() => Translate(WireProtocol.AnthropicMessages, WireProtocol.OpenAIChat, "gpt-4o");

    /// <summary>Chat's, for Anthropic.</summary>
    [Benchmark]
    public int ChatToAnthropic() => Translate(WireProtocol.OpenAIChat, WireProtocol.AnthropicMessages, "claude-sonnet-4-5");

    /// <summary>Chat's, for Responses.</summary>
    [Benchmark]
    public int ChatToResponses() => Translate(WireProtocol.OpenAIChat, WireProtocol.OpenAIResponses, "gpt-5");

    /// <summary>Anthropic's, for Gemini.</summary>
    [Benchmark]
    public int AnthropicToGemini() => Translate(WireProtocol.AnthropicMessages, WireProtocol.Gemini, "gemini-2.5-pro");

    private int Translate(WireProtocol from, WireProtocol to, string model)
    {
        var conversation = Wire.Of(from).ReadRequest(_body);
        Wire.Of(to).WriteRequest(conversation, TargetProfile.For(to, model), _output);
        var length = _output.Length;
        _output.Consume(length);
        return length;
    }
}
