using Understudy.Observation;
using Understudy.Rehearsals;
using Understudy.Transport;

namespace Understudy.Hosting;

/// <summary>What an engine runs on; what it does is in the policy. Each host adds its own.</summary>
public record EngineHostOptions
{
    /// <summary>The time. Default the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The source of chance. Default seeded by the system.</summary>
    public Chance? Chance { get; init; }

    /// <summary>The way to the providers; disposed of with the host. Default HTTP.</summary>
    public IProviderTransport? Transport { get; init; }

    /// <summary>Runs a drill of the policy in force, for its schedule (<c>drills:</c>); null (the default) where nobody can.</summary>
    public Rehearse? Rehearse { get; init; }

    /// <summary>Where records go. Default a new one.</summary>
    public Journal? Journal { get; init; }
}
