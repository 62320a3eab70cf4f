using Understudy.Transport;

namespace Understudy.Calls;

/// <summary>Where an answer goes: an HTTP response, an <c>IChatClient</c>'s caller, a drill's client.</summary>
public interface IAnswerSink
{
    /// <summary>Called once, at the commit point: from here on the client can see something.</summary>
    void Begin(in AnswerHead head);

    /// <summary>
    /// Sends bytes on to the client at once. They are taken in any case, and are the caller's own again as soon as the method
    /// has returned: a sink that waits has copied them. A token that fires only ends the waiting for a slow client, for what
    /// was handed on counts as seen, and another attempt goes on behind it.
    /// </summary>
    /// <returns>False where the client is gone, or was too slow.</returns>
    ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Breaks the connection: for clients to whom a broken answer cannot be told in any other way.</summary>
    void Abort();
}

/// <summary>The status and headers of an answer.</summary>
public readonly record struct AnswerHead
{
    /// <summary>The status code.</summary>
    public required int Status { get; init; }

    /// <summary>The content type; null where it passes through with the upstream's headers.</summary>
    public string? ContentType { get; init; }

    /// <summary>The length of the body; null for a stream.</summary>
    public long? ContentLength { get; init; }

    /// <summary>The reply whose headers pass through; null where the answer is ours.</summary>
    public ProviderReply? PassThrough { get; init; }

    /// <summary><c>x-understudy-request-id</c>.</summary>
    public required string RequestId { get; init; }

    /// <summary><c>x-understudy-joined</c>: the id of the call whose answer this is; null where it is its own.</summary>
    public string? JoinedTo { get; init; }

    /// <summary><c>x-understudy-served-by</c>; null on an error.</summary>
    public string? ServedBy { get; init; }

    /// <summary><c>x-understudy-degraded</c>.</summary>
    public bool Degraded { get; init; }

    /// <summary><c>age</c>, in seconds; null for an answer that was made for this call.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary><c>x-understudy-attempts</c>.</summary>
    public int Attempts { get; init; }

    /// <summary><c>retry-after</c>, rounded up to seconds; null where the header is not to be sent.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether to send <c>x-should-retry: false</c>.</summary>
    public bool DoNotRetry { get; init; }
}
