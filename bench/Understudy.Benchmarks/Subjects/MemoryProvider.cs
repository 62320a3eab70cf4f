using System.Text;
using System.Threading.Tasks.Sources;
using Understudy.Transport;

namespace Understudy.Benchmarks.Subjects;

/// <summary>
/// A provider without a network: every call gets the same answer, at once, and allocates nothing here, so that what is
/// measured is the engine's own. It is its own reply, so it serves one call at a time.
/// </summary>
internal sealed class MemoryProvider : ProviderReply, IProviderTransport, IValueTaskSource<BodyPiece>
{
    private ManualResetValueTaskSourceCore<BodyPiece> _waiting;
    private readonly byte[] _contentType;
    private readonly byte[][] _pieces;
    private int _at;

    public MemoryProvider(string contentType, params byte[][] pieces)
    {
        _contentType = Encoding.ASCII.GetBytes(contentType);
        _pieces = pieces;
        Status = 200;
    }

    /// <summary>Whether each read waits until <see cref="Arrive"/>, as it does on a network.</summary>
    public bool Waits { get; init; }

    /// <summary>Whether a read waits.</summary>
    public bool IsAwaited { get; private set; }

    /// <summary>The piece that is waited for arrives.</summary>
    public void Arrive()
    {
        IsAwaited = false;
        _waiting.SetResult(Next());
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

    public override void CopyHeaders(IHeaderTarget target)
    {
        target.Add("content-type"u8, _contentType);
        target.Add("x-ratelimit-limit-requests"u8, "10000"u8);
        target.Add("x-ratelimit-limit-tokens"u8, "2000000"u8);
        target.Add("x-ratelimit-remaining-requests"u8, "9999"u8);
        target.Add("x-ratelimit-remaining-tokens"u8, "1999500"u8);
        target.Add("x-ratelimit-reset-requests"u8, "6ms"u8);
        target.Add("x-ratelimit-reset-tokens"u8, "15ms"u8);
    }

    public override ValueTask<BodyPiece> ReadAsync(CancellationToken cancellationToken)
    {
        if (!Waits) return new(Next());
        _waiting.Reset();
        IsAwaited = true;
        return new(this, _waiting.Version);
    }

    public override ValueTask DisposeAsync() => default;

    BodyPiece IValueTaskSource<BodyPiece>.GetResult(short token) => _waiting.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<BodyPiece>.GetStatus(short token) => _waiting.GetStatus(token);

    void IValueTaskSource<BodyPiece>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiting.OnCompleted(continuation, state, token, flags);

    private BodyPiece Next()
    {
        var piece = _pieces[_at++];
        return new(piece, End: _at == _pieces.Length, Broken: false);
    }
}
