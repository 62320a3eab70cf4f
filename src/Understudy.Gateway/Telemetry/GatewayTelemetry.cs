using Understudy.Observation;
using Understudy.Pipeline;

namespace Understudy.Gateway.Telemetry;

/// <summary>Everything that watches a gateway from the side: views of the records of its calls and of its live state.</summary>
internal sealed class GatewayTelemetry : IAsyncDisposable
{
    private readonly CallMetrics _metrics;
    private readonly OtlpExport? _otlp;

    /// <summary>Begins to watch.</summary>
    public GatewayTelemetry(Engine engine, IReadOnlyDictionary<string, string> openTelemetry)
    {
        _metrics = new(engine.Journal);
        News = new(engine.Journal, engine.Time);
        _ = new EngineGauges(engine, News, _metrics);
        Prometheus = new(_metrics);
        _otlp = OtlpExport.Begin(openTelemetry, engine, _metrics);
    }

    /// <summary>What <c>/metrics</c> reads.</summary>
    public PrometheusReader Prometheus { get; }

    /// <summary>What was last heard of each target.</summary>
    public TargetNews News { get; }

    /// <summary>The spans of calls; null where nobody takes traces.</summary>
    public CallSpans? Spans => _otlp?.Spans;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_otlp is not null) await _otlp.DisposeAsync();
        Prometheus.Dispose();
        _metrics.Dispose();
    }
}
