namespace Understudy.Coalescing;

/// <summary>What those who listen to a flight must know of it.</summary>
[Flags]
internal enum FlightState
{
    /// <summary>Nothing has gone out.</summary>
    None = 0,

    /// <summary>The status and the headers are known.</summary>
    Begun = 1,

    /// <summary>No more bytes will come.</summary>
    Ended = 2,

    /// <summary>It ended in a broken connection, because the protocol has no better way to say so.</summary>
    Aborted = 4,

    /// <summary>It grew beyond what is kept: who is behind can't have the rest.</summary>
    Lost = 8,
}
