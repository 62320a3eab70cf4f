using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Failures;

namespace Understudy.Transport;

/// <summary>
/// The way to the providers: HTTP in production, modelled providers in a drill. The seam that lets the drill run the
/// same pipeline in virtual time (decision 0005).
/// </summary>
public interface IProviderTransport
{
    /// <summary>Sends a request and waits for the status line and headers.</summary>
    /// <param name="request">What to send.</param>
    /// <param name="connectLimit">How long connecting may take.</param>
    /// <param name="cancellationToken">Gives the attempt up: the provider sees the connection close.</param>
    /// <returns>The reply. A failure to get one is a value in it, never an exception.</returns>
    ValueTask<ProviderReply> SendAsync(ProviderRequest request, TimeSpan connectLimit, CancellationToken cancellationToken);
}

/// <summary>One request to one provider.</summary>
public sealed class ProviderRequest
{
    /// <summary>Who is asked.</summary>
    public required ProviderModel Provider { get; init; }

    /// <summary>The model that is asked for.</summary>
    public required string Model { get; init; }

    /// <summary>What is spoken with it: the provider's protocol, or another that it takes as well.</summary>
    public required WireProtocol Protocol { get; init; }

    /// <summary>The client's request: its operation, query and headers, where they pass through.</summary>
    public required CallRequest Call { get; init; }

    /// <summary>Whether the client's own headers and query go along: same protocol on both sides.</summary>
    public required bool PassThrough { get; init; }

    /// <summary>Whether the answer is to be streamed.</summary>
    public required bool Stream { get; init; }

    /// <summary>The body.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }
}

/// <summary>What came back: a status and headers with a body to read, or the failure to get them.</summary>
public abstract class ProviderReply : IAsyncDisposable
{
    /// <summary>Why there is no reply; null where there is one.</summary>
    public Failure? Failure { get; protected init; }

    /// <summary>The status code.</summary>
    public int Status { get; protected init; }

    /// <summary>Looks a header up.</summary>
    /// <param name="name">In lower case.</param>
    /// <param name="value">Its bytes; valid until the body is read.</param>
    public abstract bool TryGetHeader(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value);

    /// <summary>Hands every end-to-end header to <paramref name="target"/>.</summary>
    public abstract void CopyHeaders(IHeaderTarget target);

    /// <summary>Reads the next piece of the body.</summary>
    public abstract ValueTask<BodyPiece> ReadAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}

/// <summary>Takes an upstream's headers.</summary>
public interface IHeaderTarget
{
    /// <summary>One header.</summary>
    void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);
}

/// <summary>A piece of a body.</summary>
/// <param name="Bytes">Valid until the next read.</param>
/// <param name="End">Whether it is the last.</param>
/// <param name="Broken">Whether the body broke off here instead of ending.</param>
public readonly record struct BodyPiece(ReadOnlyMemory<byte> Bytes, bool End, bool Broken);
