using Understudy.Hosting;
using Understudy.Hosting.Telemetry;
using Understudy.Pipeline;

namespace Understudy.Gateway.Telemetry;

/// <summary>Everything that watches a gateway from the side: views of the records of its calls and of its live state.</summary>
internal sealed class GatewayTelemetry : IAsyncDisposable
{
    private readonly EngineHost _host;
    private readonly OtlpExport? _otlp;

    /// <summary>Begins to watch.</summary>
    public GatewayTelemetry(EngineHost host, IReadOnlyDictionary<string, string> openTelemetry)
    {
        _host = host;
        Prometheus = new(host.Metrics);
        _otlp = OtlpExport.Begin(openTelemetry, host.Engine, host.Metrics);
    }

    /// <summary>What <c>/metrics</c> reads.</summary>
    public PrometheusReader Prometheus { get; }

    /// <summary>The spans of calls; null where nobody takes traces.</summary>
    public CallSpans? Spans => _otlp?.Spans;

    /// <summary>How the providers are.</summary>
    public IReadOnlyList<ProviderHealth> Providers() => _host.Providers();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_otlp is not null) await _otlp.DisposeAsync();
        Prometheus.Dispose();
    }
}
