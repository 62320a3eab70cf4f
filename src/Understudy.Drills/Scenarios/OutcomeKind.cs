namespace Understudy.Drills.Scenarios;

/// <summary>What can become of one request at a modelled provider: the words of the scenario file.</summary>
public enum OutcomeKind
{
    /// <summary><c>ok</c>: normal.</summary>
    Ok,

    /// <summary><c>slow</c>: a whole answer whose first token takes several times as long.</summary>
    Slow,

    /// <summary><c>stall_then_ok</c>: no byte for a while, then normal.</summary>
    StallThenOk,

    /// <summary><c>hang</c>: accepted, never answered.</summary>
    Hang,

    /// <summary><c>http_NNN</c>: a status with the provider's own error body.</summary>
    Status,

    /// <summary><c>conn_refused</c>: TCP refused.</summary>
    ConnectionRefused,

    /// <summary><c>dns_fail</c>: the name does not resolve.</summary>
    NameNotFound,

    /// <summary><c>stream_cut</c>: a 200 whose connection breaks in the middle.</summary>
    StreamCut,

    /// <summary><c>stream_error_event</c>: a 200 with an error event in the middle.</summary>
    StreamError,

    /// <summary><c>stream_stall</c>: a 200 that falls silent in the middle; it may go on later.</summary>
    StreamStall,

    /// <summary><c>garbled_200</c>: a well-formed 200 that says something else than the model meant.</summary>
    Garbled,
}
