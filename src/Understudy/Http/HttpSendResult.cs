using System.Diagnostics.CodeAnalysis;

namespace Understudy.Http;

/// <summary>What came of sending a request: an exchange whose head was read, or a fault. Exactly one of the two.</summary>
public readonly struct HttpSendResult
{
    internal HttpSendResult(HttpExchange exchange) => Exchange = exchange;

    internal HttpSendResult(HttpFault fault) => Fault = fault;

    /// <summary>The exchange; the receiver disposes it. Null where there is a fault.</summary>
    public HttpExchange? Exchange { get; }

    /// <summary>What went wrong; null where there is an exchange.</summary>
    public HttpFault? Fault { get; }

    /// <summary>Whether a head was read; whatever its status says.</summary>
    [MemberNotNullWhen(true, nameof(Exchange))]
    [MemberNotNullWhen(false, nameof(Fault))]
    public bool IsAnswered => Exchange is not null;
}
