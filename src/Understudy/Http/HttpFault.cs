namespace Understudy.Http;

/// <summary>One failed exchange, as a value: nothing here is thrown.</summary>
/// <param name="Kind">What went wrong.</param>
/// <param name="Stage">How far the exchange had come.</param>
/// <param name="Reason">A short text for logs: our own words or a socket error's name, never bytes of the peer.</param>
public sealed record HttpFault(HttpFaultKind Kind, HttpStage Stage, string Reason)
{
    /// <summary>
    /// Whether the connection had served before and broke before a byte of this response: the keep-alive race, in which
    /// the peer closes just as the request goes out. The request was most likely not read, but a POST cannot know, so
    /// nothing is sent again here: the caller decides.
    /// </summary>
    public bool OnReusedConnection { get; init; }
}
