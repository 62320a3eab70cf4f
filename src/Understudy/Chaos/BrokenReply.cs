using Understudy.Transport;

namespace Understudy.Chaos;

/// <summary>A provider's own reply that breaks off or falls silent after some pieces.</summary>
internal sealed class BrokenReply : ProviderReply
{
    private readonly ProviderReply _reply;
    private readonly ChaosFault _fault;
    private readonly Func<CancellationToken, Task<bool>> _waited;
    private byte[] _kept = [];
    private int _pieces;

    public BrokenReply(ProviderReply reply, ChaosFault fault, Func<CancellationToken, Task<bool>> waited)
    {
        _reply = reply;
        _fault = fault;
        _waited = waited;
        Status = reply.Status;
    }

    /// <inheritdoc/>
    public override bool TryGetHeader(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value) => _reply.TryGetHeader(name, out value);

    /// <inheritdoc/>
    public override void CopyHeaders(IHeaderTarget target) => _reply.CopyHeaders(target);

    /// <inheritdoc/>
    public override async ValueTask<BodyPiece> ReadAsync(CancellationToken cancellationToken)
    {
        if (_pieces >= _fault.After)
        {
            // Where a stall ends with its experiment the rest of the answer is still there.
            if (_fault.Kind == ChaosKind.Cut || !await _waited(cancellationToken).ConfigureAwait(false)) return new(default, End: true, Broken: true);
            if (_kept.Length > 0) return new(Take(), End: true, Broken: false);
            return await _reply.ReadAsync(cancellationToken).ConfigureAwait(false);
        }

        var piece = await _reply.ReadAsync(cancellationToken).ConfigureAwait(false);
        _pieces++;
        if (!piece.End || piece.Broken) return piece;
        // An answer of fewer pieces loses the second half of its last one.
        _pieces = _fault.After;
        _kept = piece.Bytes[(piece.Bytes.Length / 2)..].ToArray();
        return new(piece.Bytes[..(piece.Bytes.Length / 2)], End: false, Broken: false);
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => _reply.DisposeAsync();

    private byte[] Take()
    {
        var kept = _kept;
        _kept = [];
        return kept;
    }
}
