using Understudy.Hosting;

namespace Understudy.Gateway;

/// <summary>How a gateway runs; what it does is in the policy.</summary>
public sealed record GatewayOptions : EngineHostOptions
{
    /// <summary>
    /// OpenTelemetry's own variables (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c> and the others). Without an endpoint nothing is
    /// sent and nothing of it is made. Default none; <c>understudy serve</c> gives those of its environment.
    /// </summary>
    public IReadOnlyDictionary<string, string> OpenTelemetry { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether Kestrel runs a request on the thread that read it from the socket. Default false.</summary>
    public bool InlineScheduling { get; init; }
}
