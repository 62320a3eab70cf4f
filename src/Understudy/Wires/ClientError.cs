namespace Understudy.Wires;

/// <summary>An error of ours, to be told to a client in its own protocol's words.</summary>
/// <param name="Cause">What went wrong.</param>
/// <param name="Message">Text for people. No upstream's words unless they are the client's own.</param>
/// <param name="RequestId">The call's id, for support.</param>
/// <param name="RetryAfter">How long to wait, where that is known; the header is the endpoint's to write.</param>
public sealed record ClientError(ClientErrorCause Cause, string Message, string RequestId, TimeSpan? RetryAfter = null)
{
    /// <summary>
    /// The client's <c>User-Agent</c>, where known: OpenAI's .NET library repeats 408, 429, 500, 502, 503 and 504 four
    /// times within milliseconds and heeds no <c>x-should-retry</c> (measured); it leaves 529 alone.
    /// </summary>
    public string? UserAgent { get; init; }

    /// <summary>Python says <c>OpenAI/Python</c>, Node <c>OpenAI/JS</c>; only .NET goes on with a number.</summary>
    internal bool IsOpenAIDotNet =>
        UserAgent is { Length: > 7 } agent && agent.StartsWith("OpenAI/", StringComparison.Ordinal) && char.IsAsciiDigit(agent[7]);
}

/// <summary>What went wrong, from the client's side.</summary>
public enum ClientErrorCause
{
    /// <summary>The request is wrong.</summary>
    BadRequest,

    /// <summary>The vendor is to keep the conversation, and then nobody else could take it up.</summary>
    KeptByVendor,

    /// <summary>The prompt is too long for every target.</summary>
    ContextTooLong,

    /// <summary>The gateway does not know this key.</summary>
    Unauthorized,

    /// <summary>No such model, or not for this key.</summary>
    ModelNotFound,

    /// <summary>No such path.</summary>
    NotFound,

    /// <summary>The body is too large.</summary>
    TooLarge,

    /// <summary>The client is over its limit at the gateway.</summary>
    RateLimited,

    /// <summary>The client's budget is spent.</summary>
    BudgetSpent,

    /// <summary>A person closed the question without an answer.</summary>
    Declined,

    /// <summary>All upstreams are down or full.</summary>
    Overloaded,

    /// <summary>An upstream refuses the operator's key: the operator's fault, never told as the client's.</summary>
    UpstreamKeys,

    /// <summary>Out of time.</summary>
    Timeout,

    /// <summary>The answer broke after it had begun.</summary>
    Interrupted,

    /// <summary>A bug of ours.</summary>
    Internal,
}
