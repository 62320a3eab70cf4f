using Understudy.Calls;

namespace Understudy.Deferral;

/// <summary>What is asked for: everything that the call needs to be made later.</summary>
public sealed record DeferredRequest
{
    /// <summary>The body, asking for the answer in one piece.</summary>
    public required ReadOnlyMemory<byte> BodySensitive { get; init; }

    /// <summary>The headers to pass through.</summary>
    public IReadOnlyList<HeaderField> HeadersSensitive { get; init; } = [];

    /// <summary>The query string with its question mark; empty where there is none.</summary>
    public string QuerySensitive { get; init; } = "";

    /// <summary>The name that its maker gave it among the others of its batch; null outside of one.</summary>
    public string? CustomIdSensitive { get; init; }

    /// <summary>Nothing of what it holds.</summary>
    public override string ToString() => $"a request of {BodySensitive.Length} bytes";
}
