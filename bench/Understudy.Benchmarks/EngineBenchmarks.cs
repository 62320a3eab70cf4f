using BenchmarkDotNet.Attributes;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;
using Understudy.Benchmarks.Subjects;
using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Transport;
using Understudy.Wires;

namespace Understudy.Benchmarks;

/// <summary>
/// One call that goes well: through our pipeline, beside Polly's retry, breaker and timeout around the same work in
/// memory. The work in Polly is what a careful user would write: send, read, watch each event so that a failure would be
/// seen, hand on. It makes no record, keeps nothing to continue from, and its one timeout is for the whole.
/// </summary>
[MemoryDiagnoser]
public class EngineBenchmarks
{
    private readonly EngineCall _stream = EngineCall.Stream(20);
    private readonly EngineCall _anthropic = EngineCall.AnthropicStream(20);
    private readonly EngineCall _translated = EngineCall.TranslatedStream(20);
    private readonly EngineCall _whole = EngineCall.Whole();
    private readonly EngineCall _translatedWhole = EngineCall.TranslatedWhole();
    private readonly PollyCall _pollyStream = new(new MemoryProvider("text/event-stream", Bodies.ChatStream(20)), Bodies.Request(stream: true), stream: true);
    private readonly PollyCall _pollyWhole = new(new MemoryProvider("application/json", Bodies.ChatAnswer), Bodies.Request(stream: false), stream: false);

    /// <summary>Polly, 20 chunks.</summary>
    [Benchmark(Baseline = true)]
    public void PollyStream() => _pollyStream.Run();

    /// <summary>Ours, 20 chunks.</summary>
    [Benchmark]
    public void Stream() => _stream.Run();

    /// <summary>Ours, 20 chunks of Anthropic's.</summary>
    [Benchmark]
    public void AnthropicStream() => _anthropic.Run();

    /// <summary>Ours, 20 chunks, translated.</summary>
    [Benchmark]
    public void TranslatedStream() => _translated.Run();

    /// <summary>Polly, a whole answer.</summary>
    [Benchmark]
    public void PollyWhole() => _pollyWhole.Run();

    /// <summary>Ours, a whole answer.</summary>
    [Benchmark]
    public void Whole() => _whole.Run();

    /// <summary>Ours, a whole answer, translated.</summary>
    [Benchmark]
    public void TranslatedWhole() => _translatedWhole.Run();

    private sealed class PollyCall
    {
        private readonly ResiliencePipeline _pipeline = new ResiliencePipelineBuilder()
            .AddRetry(new RetryStrategyOptions())
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions())
            .AddTimeout(new TimeoutStrategyOptions { Timeout = TimeSpan.FromSeconds(60) })
            .Build();

        private readonly CancellationToken _clientLeft = new CancellationTokenSource().Token;
        private readonly CountingSink _sink = new();
        private readonly MemoryProvider _provider;
        private readonly ProviderRequest _request;

        public PollyCall(MemoryProvider provider, byte[] body, bool stream)
        {
            _provider = provider;
            RequestScan.TryScan(body, out var facts);
            _request = new()
            {
                Provider = new() { Name = "mock", Protocol = WireProtocol.OpenAIChat, BaseUrl = new("http://mock.test") },
                Model = "mock-1",
                Body = body,
                Protocol = WireProtocol.OpenAIChat,
                PassThrough = true,
                Stream = stream,
                Call = new() { Protocol = WireProtocol.OpenAIChat, Body = body, Facts = facts, Model = "mock-1" },
            };
        }

        public void Run()
        {
            var running = _pipeline.ExecuteAsync(static (call, token) => call.WorkAsync(token), this, _clientLeft);
            if (!running.IsCompletedSuccessfully) throw new InvalidOperationException("The call waited for something, or failed.");
        }

        private async ValueTask WorkAsync(CancellationToken token)
        {
            var reply = await _provider.SendAsync(_request, TimeSpan.FromSeconds(5), token);
            if (reply.Status != 200) throw new InvalidOperationException("The call was to go well.");
            var wire = Wire.Of(WireProtocol.OpenAIChat);
            var reader = _request.Stream ? wire.NewStreamReader() : null;
            while (true)
            {
                var piece = await reply.ReadAsync(token);
                if (reader is null)
                {
                    if (wire.InspectAnswer(piece.Bytes.Span).State != AnswerState.Good) throw new InvalidOperationException("Not an answer.");
                }
                else
                {
                    var at = 0;
                    var resume = 0;
                    while (SseSplitter.TryFindEnd(piece.Bytes.Span[at..], ref resume, out var length))
                    {
                        reader.Read(piece.Bytes.Span.Slice(at, length), listener: null);
                        at += length;
                    }
                }

                await _sink.WriteAsync(piece.Bytes, token);
                if (piece.End) return;
            }
        }
    }
}
