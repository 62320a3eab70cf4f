using Understudy.Alarms;
using Understudy.ControlRoom.Feed;
using Understudy.Observation;
using Understudy.Observation.Past;
using Understudy.Pipeline;
using Understudy.Rehearsals;

namespace Understudy.ControlRoom;

/// <summary>What the control room looks at. It only ever reads; what changes something goes by the admin API.</summary>
public sealed record RoomSources
{
    /// <summary>The engine, for its policy and its live state.</summary>
    public required Engine Engine { get; init; }

    /// <summary>The traffic.</summary>
    public required RoomFeed Feed { get; init; }

    /// <summary>How the providers are.</summary>
    public required Func<IReadOnlyList<ProviderHealth>> Providers { get; init; }

    /// <summary>Which names of models are good to show: clients choose them, and put keys into wrong fields.</summary>
    public required TargetLabels Labels { get; init; }

    /// <summary>Whether new calls are turned away.</summary>
    public required Func<bool> Draining { get; init; }

    /// <summary>Calls under way.</summary>
    public required Func<int> UnderWay { get; init; }

    /// <summary>What ails the store; null where it is well, or where there is none. Default never.</summary>
    public Func<string?> StoreTrouble { get; init; } = () => null;

    /// <summary>Calls that memory does not hold any more; null (the default) where nothing keeps them.</summary>
    public CallArchive? Past { get; init; }

    /// <summary>Drills by a schedule; null (the default) where nobody can run them.</summary>
    public RehearsalRoom? Rehearsals { get; init; }

    /// <summary>The alarms; null (the default) where nobody watches.</summary>
    public AlarmBook? Alarms { get; init; }
}
