using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Understudy.Benchmarks.Subjects;
using Understudy.Calls;

namespace Understudy.Benchmarks;

/// <summary>What is found in a request's body, beside a full walk over its tokens and a document of it.</summary>
[MemoryDiagnoser]
public class ScanBenchmarks
{
    private byte[] _body = [];

    /// <summary>The body's size: a small question, an agent's context.</summary>
    [Params(1_000, 190_000)]
    public int Length { get; set; }

    /// <summary>Makes the body, or takes the rig's own where RIG_BODY names it.</summary>
    [GlobalSetup]
    public void Make() => _body = Length > 100_000 && Environment.GetEnvironmentVariable("RIG_BODY") is { } file
        ? File.ReadAllBytes(file)
        : Length < 10_000 ? Bodies.Request(stream: true) : Bodies.LongRequest(Length);

    /// <summary>Ours.</summary>
    [Benchmark(Baseline = true)]
    public bool RequestScan()
    {
        Calls.RequestScan.TryScan(_body, out var facts);
        return facts.Stream;
    }

    /// <summary>Every token, looking for the same fields.</summary>
    [Benchmark]
    public bool TokenWalk()
    {
        var reader = new Utf8JsonReader(_body);
        var stream = false;
        while (reader.Read())
        {
            if (reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName) continue;
            if (reader.ValueTextEquals("stream"u8))
            {
                reader.Read();
                stream = reader.TokenType == JsonTokenType.True;
            }
        }

        return stream;
    }

    /// <summary>A document.</summary>
    [Benchmark]
    public bool Document()
    {
        using var document = JsonDocument.Parse(_body);
        return document.RootElement.GetProperty("stream").GetBoolean();
    }
}
