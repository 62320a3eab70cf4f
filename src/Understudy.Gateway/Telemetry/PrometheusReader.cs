using OpenTelemetry;
using OpenTelemetry.Metrics;
using Understudy.Observation;

namespace Understudy.Gateway.Telemetry;

/// <summary>Reads the aggregated numbers when Prometheus asks. OpenTelemetry's SDK adds them up; only the text is ours.</summary>
internal sealed class PrometheusReader : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Exporter _exporter = new();
    private readonly BaseExportingMetricReader _reader;
    private readonly MeterProvider _provider;

    /// <summary>Adds up what the meter of <paramref name="metrics"/> measures, from now on.</summary>
    public PrometheusReader(CallMetrics metrics)
    {
        _reader = new(_exporter);
        _provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(CallMetrics.MeterName)
            // Another gateway in the same process has a meter of the same name; gen_ai.* are the same facts by other names.
            .AddView(instrument => instrument.Meter != metrics.Meter || instrument.Name.StartsWith("gen_ai.", StringComparison.Ordinal) ? MetricStreamConfiguration.Drop : null)
            .AddReader(_reader)
            .Build();
    }

    /// <summary>All metrics as of now. It takes a moment: not for a thread that polls sockets.</summary>
    public string Read(ExpositionFormat format)
    {
        lock (_lock)
        {
            _exporter.Into = new(format);
            _reader.Collect();
            return _exporter.Into.End();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _provider.Dispose();

    private sealed class Exporter : BaseExporter<Metric>
    {
        public Exposition Into { get; set; } = new(ExpositionFormat.Text);

        public override ExportResult Export(in Batch<Metric> batch)
        {
            foreach (var metric in batch) Into.Write(metric);
            return ExportResult.Success;
        }
    }
}
