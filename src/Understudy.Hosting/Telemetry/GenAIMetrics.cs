using System.Diagnostics.Metrics;
using Understudy.Configuration;
using Understudy.Observation;
using Understudy.Pipeline;

namespace Understudy.Hosting.Telemetry;

/// <summary>
/// The two numbers that OpenTelemetry's conventions ask of a client of models, a second name for facts that
/// <see cref="CallMetrics"/> has: only where somebody takes metrics by OTLP.
/// </summary>
internal sealed class GenAIMetrics : IDisposable
{
    private readonly Engine _engine;
    private readonly CallMetrics _metrics;
    private readonly Histogram<double> _duration;
    private readonly Histogram<long> _tokens;

    /// <summary>Puts them on the meter of <paramref name="metrics"/>, which owns them.</summary>
    public GenAIMetrics(Engine engine, CallMetrics metrics)
    {
        _engine = engine;
        _metrics = metrics;
        // The bounds are the conventions' own.
        _duration = metrics.Meter.CreateHistogram(
            "gen_ai.client.operation.duration", "s", "GenAI operation duration.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92] });
        _tokens = metrics.Meter.CreateHistogram(
            "gen_ai.client.token.usage", "{token}", "Number of input and output tokens used.",
            advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864] });
        engine.Journal.CallEnded += Count;
    }

    /// <inheritdoc/>
    public void Dispose() => _engine.Journal.CallEnded -= Count;

    private void Count(CallRecord call)
    {
        foreach (var attempt in call.Attempts)
        {
            if (!attempt.Sent || ProviderOf(attempt) is not { } provider) continue;
            var operation = Tag(GenAI.OperationName, GenAI.Operation(provider.Protocol));
            var maker = Tag(GenAI.ProviderName, GenAI.MakerOf(provider));
            var model = Tag(GenAI.RequestModel, _metrics.Targets.Of(call, attempt).Model);
            if (attempt.Failure is { } failure) _duration.Record(attempt.Duration.TotalSeconds, [operation, maker, model, Tag(GenAI.ErrorType, Words.Of(failure.Kind))]);
            else _duration.Record(attempt.Duration.TotalSeconds, operation, maker, model);
            if (attempt.Usage.IsUnknown) continue;
            _tokens.Record(attempt.Usage.Input, [operation, maker, model, Tag(GenAI.TokenType, "input")]);
            _tokens.Record(attempt.Usage.Output, [operation, maker, model, Tag(GenAI.TokenType, "output")]);
        }
    }

    private ProviderModel? ProviderOf(AttemptRecord attempt)
    {
        foreach (var provider in _engine.Model.Policy.Providers)
        {
            if (provider.Name == attempt.Provider) return provider;
        }

        return null;
    }

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
