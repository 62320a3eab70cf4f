using Microsoft.Extensions.Logging;
using Understudy.Hosting;

namespace Understudy.Extensions.AI;

/// <summary>How Understudy runs in a program; what it does is in the policy.</summary>
public sealed record UnderstudyOptions : EngineHostOptions
{
    /// <summary>How long calls under way may go on when the program stops. Default 30 s.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether a policy file that changes is read again. Default true; a bad one is refused, and the old one stays in force.</summary>
    public bool WatchesFile { get; init; } = true;

    /// <summary>What happened, as log entries: failovers, breakers, orders, alarms; never a prompt or an answer. Null for none.</summary>
    public ILogger? Logger { get; init; }
}
