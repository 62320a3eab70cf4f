using Understudy.Observation;
using Understudy.Pipeline;

namespace Understudy.Gateway.Telemetry;

/// <summary>Everything that watches a gateway from the side: views of the records of its calls and of its live state.</summary>
internal sealed class GatewayTelemetry : IAsyncDisposable
{
    private readonly Engine _engine;
    private readonly CallMetrics _metrics;
    private readonly TargetNews _news;
    private readonly OtlpExport? _otlp;

    /// <summary>Begins to watch.</summary>
    public GatewayTelemetry(Engine engine, IReadOnlyDictionary<string, string> openTelemetry)
    {
        _engine = engine;
        _metrics = new(engine.Journal);
        _news = new(engine.Journal, engine.Time);
        _ = new EngineGauges(engine, _news, _metrics);
        Prometheus = new(_metrics);
        _otlp = OtlpExport.Begin(openTelemetry, engine, _metrics);
    }

    /// <summary>What <c>/metrics</c> reads.</summary>
    public PrometheusReader Prometheus { get; }

    /// <summary>The spans of calls; null where nobody takes traces.</summary>
    public CallSpans? Spans => _otlp?.Spans;

    /// <summary>Which targets are labels.</summary>
    public TargetLabels Labels => _metrics.Targets;

    /// <summary>What was last heard of each target.</summary>
    public TargetNews News => _news;

    /// <summary>How the providers are.</summary>
    public IReadOnlyList<ProviderHealth> Providers() => ProviderHealth.Of(_engine, _news, _metrics.Targets);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_otlp is not null) await _otlp.DisposeAsync();
        Prometheus.Dispose();
        _metrics.Dispose();
    }
}
