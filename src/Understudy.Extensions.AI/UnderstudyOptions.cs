using Microsoft.Extensions.Logging;
using Understudy.Observation;
using Understudy.Transport;

namespace Understudy.Extensions.AI;

/// <summary>How Understudy runs in a program; what it does is in the policy.</summary>
public sealed record UnderstudyOptions
{
    /// <summary>How long calls under way may go on when the program stops. Default 30 s.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether a policy file that changes is read again. Default true; a bad one is refused, and the old one stays in force.</summary>
    public bool WatchesFile { get; init; } = true;

    /// <summary>What happened, as log entries: failovers, breakers, orders, alarms; never a prompt or an answer. Null for none.</summary>
    public ILogger? Logger { get; init; }

    /// <summary>The time. Default the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The source of chance. Default seeded by the system.</summary>
    public Chance? Chance { get; init; }

    /// <summary>The way to the providers; disposed of with the runtime. Default HTTP.</summary>
    public IProviderTransport? Transport { get; init; }

    /// <summary>Where records of calls go. Default a new one.</summary>
    public Journal? Journal { get; init; }
}
