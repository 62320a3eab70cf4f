using Understudy.Observation;
using Understudy.Rehearsals;
using Understudy.Transport;

namespace Understudy.Gateway;

/// <summary>How a gateway runs; what it does is in the policy.</summary>
public sealed record GatewayOptions
{
    /// <summary>The time. Default the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The source of chance. Default seeded by the system.</summary>
    public Chance? Chance { get; init; }

    /// <summary>The way to the providers. Default HTTP.</summary>
    public IProviderTransport? Transport { get; init; }

    /// <summary>Where records go. Default a new one.</summary>
    public Journal? Journal { get; init; }

    /// <summary>
    /// OpenTelemetry's own variables (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c> and the others). Without an endpoint nothing is
    /// sent and nothing of it is made. Default none; <c>understudy serve</c> gives those of its environment.
    /// </summary>
    public IReadOnlyDictionary<string, string> OpenTelemetry { get; init; } = new Dictionary<string, string>();

    /// <summary>Runs a drill of the policy in force, for its schedule (<c>drills:</c>); null (the default) where nobody can.</summary>
    public Rehearse? Rehearse { get; init; }

    /// <summary>Whether Kestrel runs a request on the thread that read it from the socket. Default false.</summary>
    public bool InlineScheduling { get; init; }
}
