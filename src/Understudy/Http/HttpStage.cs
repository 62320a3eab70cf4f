namespace Understudy.Http;

/// <summary>How far an exchange had come.</summary>
public enum HttpStage
{
    /// <summary>Name, socket, proxy, TLS. The provider has seen nothing of the request.</summary>
    Connect,

    /// <summary>Some or all of the request may have gone out.</summary>
    Sending,

    /// <summary>All of the request went out; the response head is not whole.</summary>
    WaitingForHead,

    /// <summary>The head was read.</summary>
    Body,
}
