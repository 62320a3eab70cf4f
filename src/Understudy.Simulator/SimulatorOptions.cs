using Understudy.Simulator.Deviations;
using Understudy.Simulator.Scenarios;

namespace Understudy.Simulator;

/// <summary>How a simulated provider is to behave when it is well; what goes wrong is a <see cref="Faults.FaultPlan"/>.</summary>
public sealed class SimulatorOptions
{
    /// <summary>Whose wire format it speaks. Default: Anthropic.</summary>
    public SimulatedProtocol Protocol { get; set; } = SimulatedProtocol.Anthropic;

    /// <summary>Address and port to listen on. Port 0 (the default) takes a free one: see <see cref="SimulatedProvider.BaseUrl"/>.</summary>
    public string Listen { get; set; } = "127.0.0.1:0";

    /// <summary>When set, any other key gets the vendor's own 401. Default: every key is taken, a missing one too.</summary>
    public string? Key { get; set; }

    /// <summary>Seeds answers, ids, signatures and the draw of faults. Two providers with one seed give one answer. Default: 1.</summary>
    public ulong Seed { get; set; } = 1;

    /// <summary>Pause between two pieces of an answer. Default: none.</summary>
    public TimeSpan TokenInterval { get; set; }

    /// <summary>Pause before the first piece of an answer. Default: none.</summary>
    public TimeSpan FirstTokenDelay { get; set; }

    /// <summary>
    /// The models it lists, and when given the only ones it serves. Default: it lists a few of the vendor's own and serves
    /// any name of the vendor's families.
    /// </summary>
    public IReadOnlyList<string>? Models { get; set; }

    /// <summary>Serves any model's name, as a local server does, and is as lenient as one. Default: false.</summary>
    public bool AnyModel { get; set; }

    /// <summary>OpenAI's protocol without Responses, as most of its imitators serve it. Default: false.</summary>
    public bool ChatOnly { get; set; }

    /// <summary>
    /// Habits of compatible servers, by name (<see cref="KnownDeviations"/>): how a chat answer of this provider differs
    /// from OpenAI's own. Default: none.
    /// </summary>
    /// <exception cref="ArgumentException">One is not known.</exception>
    public IReadOnlyList<string> Deviations
    {
        get;
        set => field = value.FirstOrDefault(name => !DeviationCatalog.Knows(name)) is { } unknown
            ? throw new ArgumentException($"\"{unknown}\" is no deviation; there are {string.Join(", ", KnownDeviations)}", nameof(value))
            : value;
    } = [];

    /// <summary>The deviations there are.</summary>
    public static IReadOnlyList<string> KnownDeviations => DeviationCatalog.Names;

    /// <summary>The clock for pauses, scripts and dates. Default: the system's.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>An outage to play from the start on; faults set by hand come first. Default: none.</summary>
    public ScenarioScript? Script { get; set; }

    /// <summary>How many times faster than in reality <see cref="Script"/> is played. Default: 1.</summary>
    public double SpeedFactor { get; set; } = 1;
}
