using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Understudy.Hosting.Telemetry;
using Understudy.Observation;
using Understudy.Pipeline;

namespace Understudy.Gateway.Telemetry;

/// <summary>
/// Traces and metrics by OTLP, as OpenTelemetry's own variables say. Without an endpoint there is none of this: no
/// provider, no span, no second count.
/// </summary>
internal sealed class OtlpExport : IAsyncDisposable
{
    private readonly MeterProvider? _meters;
    private readonly TracerProvider? _tracers;
    private readonly GenAIMetrics? _genAI;

    private OtlpExport(IConfiguration variables, Engine engine, CallMetrics metrics, bool traces, bool counts)
    {
        if (counts)
        {
            _meters = Sdk.CreateMeterProviderBuilder()
                .ConfigureServices(services => services.AddSingleton(variables))
                .ConfigureResource(Describe)
                .AddMeter(CallMetrics.MeterName)
                .AddView(instrument => instrument.Meter != metrics.Meter ? MetricStreamConfiguration.Drop : null)
                .AddOtlpExporter()
                .Build();
            _genAI = new(engine, metrics);
        }

        if (traces)
        {
            _tracers = Sdk.CreateTracerProviderBuilder()
                .ConfigureServices(services => services.AddSingleton(variables))
                .ConfigureResource(Describe)
                .AddSource(CallSpans.SourceName)
                .AddOtlpExporter()
                .Build();
            Spans = new(engine, metrics.Targets);
        }
    }

    /// <summary>The spans of calls; null where nobody takes traces.</summary>
    public CallSpans? Spans { get; }

    /// <summary>Begins, where the variables name an endpoint.</summary>
    /// <param name="variables">OpenTelemetry's variables: <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> and so on.</param>
    /// <param name="engine">Whose calls.</param>
    /// <param name="metrics">Their numbers.</param>
    /// <returns>Null where there is nothing to send, or nobody to send it to.</returns>
    public static OtlpExport? Begin(IReadOnlyDictionary<string, string> variables, Engine engine, CallMetrics metrics)
    {
        if (Value("OTEL_SDK_DISABLED").Equals("true", StringComparison.OrdinalIgnoreCase)) return null;
        var traces = Wanted("TRACES");
        var counts = Wanted("METRICS");
        if (!traces && !counts) return null;
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(variables.Select(variable => KeyValuePair.Create(variable.Key, (string?)variable.Value))).Build();
        return new(configuration, engine, metrics, traces, counts);

        bool Wanted(string signal) =>
            (Value("OTEL_EXPORTER_OTLP_ENDPOINT").Length > 0 || Value($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT").Length > 0)
            && !Value($"OTEL_{signal}_EXPORTER").Equals("none", StringComparison.OrdinalIgnoreCase);
        string Value(string name) => variables.GetValueOrDefault(name, "");
    }

    /// <summary>Sends what is left.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Spans is not null) await Spans.DisposeAsync();
        _genAI?.Dispose();
        // Both wait for the network, each for some seconds at the most.
        await Task.WhenAll(Task.Run(() => _tracers?.Dispose()), Task.Run(() => _meters?.Dispose()));
    }

    /// <summary>Our name, unless <c>OTEL_SERVICE_NAME</c> or <c>OTEL_RESOURCE_ATTRIBUTES</c> say another.</summary>
    private static void Describe(ResourceBuilder resource) =>
        resource.AddService("understudy", serviceVersion: typeof(OtlpExport).Assembly.GetName().Version?.ToString(3)).AddEnvironmentVariableDetector();
}
