namespace Understudy.Calls;

/// <summary>Which operation of a protocol a call asks for.</summary>
public enum CallOperation
{
    /// <summary>An answer of the model.</summary>
    Generate,

    /// <summary>The number of tokens of a prompt.</summary>
    CountTokens,
}

/// <summary>What a client asked for, as it asked for it. Immutable; the body belongs to the host until the call has ended.</summary>
public sealed class CallRequest
{
    /// <summary>What the client speaks.</summary>
    public required WireProtocol Protocol { get; init; }

    /// <summary>What it asks for. Default an answer.</summary>
    public CallOperation Operation { get; init; }

    /// <summary>The body, unchanged.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>What was found in the body.</summary>
    public required RequestFacts Facts { get; init; }

    /// <summary>The model that the client named.</summary>
    public required string Model { get; init; }

    /// <summary>The query string with its question mark; empty where there is none. It passes through.</summary>
    public string Query { get; init; } = "";

    /// <summary>The headers to pass through: without auth, hop-by-hop and our own ones.</summary>
    public IReadOnlyList<HeaderField> Headers { get; init; } = [];

    /// <summary>
    /// Who asks, as far as a retry must be known as the same caller's: a client's name, or what a caller without one sent as
    /// its key; empty where it sent none. Only ever compared; never in a record or a log.
    /// </summary>
    public string CallerSensitive { get; init; } = "";

    /// <summary><c>idempotency-key</c>; null where there is none.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Whether the caller says that this is a retry: <c>x-stainless-retry-count</c> is more than zero.</summary>
    public bool IsRetry { get; init; }

    /// <summary>The language that the caller asked for in <c>x-understudy-language</c>; null where it did not.</summary>
    public string? Language { get; init; }

    /// <summary>Whether the answer is to be streamed.</summary>
    public bool Stream => Facts.Stream;

    /// <summary>Tokens of the prompt, estimated from its size: about four bytes a token.</summary>
    public int EstimatedInputTokens => Body.Length / 4;

    /// <summary>The value of a header that passes through; null where the client did not send it.</summary>
    internal string? Header(string name)
    {
        foreach (var header in Headers)
        {
            if (header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) return header.Value;
        }

        return null;
    }

    /// <summary>The same request with another body, which must be one that <see cref="RequestScan"/> took.</summary>
    internal CallRequest WithBody(ReadOnlyMemory<byte> body, RequestFacts facts) => new()
    {
        Protocol = Protocol,
        Operation = Operation,
        Body = body,
        // What came from the path stays as it was.
        Facts = Facts.ModelStart < 0 ? facts with { ModelStart = -1, ModelLength = 0, Stream = Facts.Stream } : facts with { Stream = Facts.Stream },
        Model = Model,
        Query = Query,
        Headers = Headers,
        Language = Language,
    };
}
