using System.Text;
using Understudy.Transport;

namespace Understudy.Benchmarks.Subjects;

/// <summary>
/// A provider without a network: every call gets the same answer, at once, and allocates nothing here, so that what is
/// measured is the engine's own. It is its own reply, so it serves one call at a time.
/// </summary>
internal sealed class MemoryProvider : ProviderReply, IProviderTransport
{
    private readonly byte[] _contentType;
    private readonly byte[][] _pieces;
    private int _at;

    public MemoryProvider(string contentType, params byte[][] pieces)
    {
        _contentType = Encoding.ASCII.GetBytes(contentType);
        _pieces = pieces;
        Status = 200;
    }

    public ValueTask<ProviderReply> SendAsync(ProviderRequest request, TimeSpan connectLimit, CancellationToken cancellationToken)
    {
        _at = 0;
        return new(this);
    }

    public override bool TryGetHeader(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = _contentType;
        return name.SequenceEqual("content-type"u8);
    }

    public override void CopyHeaders(IHeaderTarget target) => target.Add("content-type"u8, _contentType);

    public override ValueTask<BodyPiece> ReadAsync(CancellationToken cancellationToken)
    {
        var piece = _pieces[_at++];
        return new(new BodyPiece(piece, End: _at == _pieces.Length, Broken: false));
    }

    public override ValueTask DisposeAsync() => default;
}
