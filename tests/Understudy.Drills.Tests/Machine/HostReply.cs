using System.Runtime.CompilerServices;
using Understudy.Transport;

namespace Understudy.Drills.Tests.Machine;

/// <summary>A reply whose bytes may be twisted, and which must be let go of once.</summary>
internal sealed class HostReply : ProviderReply
{
    /// <summary>Bytes that come at once where a reply comes in crumbs, as it does off a bad line.</summary>
    private const int Crumb = 37;

    private readonly MachineHost _host;
    private readonly ProviderReply _inner;
    private readonly CancellationTokenSource _ends;
    private readonly Twist _twist;
    private readonly int _breaksAt;
    private ReadOnlyMemory<byte> _left;
    private bool _lastIsLeft;
    private int _reads;
    private bool _isClosed;

    public HostReply(MachineHost host, ProviderReply inner, CancellationTokenSource ends, Twist twist, int at)
    {
        _host = host;
        _inner = inner;
        _ends = ends;
        _twist = inner.Status == 200 && inner.Failure is null ? twist : Twist.None;
        _breaksAt = at;
        Status = inner.Status;
        Failure = inner.Failure;
        host.RepliesOpen++;
    }

    /// <inheritdoc/>
    public override bool TryGetHeader(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        if (_twist != Twist.WebPage || !name.SequenceEqual("content-type"u8)) return _inner.TryGetHeader(name, out value);
        value = "text/html"u8;
        return true;
    }

    /// <inheritdoc/>
    public override void CopyHeaders(IHeaderTarget target) => _inner.CopyHeaders(target);

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<BodyPiece> ReadAsync(CancellationToken cancellationToken)
    {
        _host.World.OnItsThread();
        if (_isClosed) _host.World.Broken("replies", "a reply was read that had been let go of");
        if (!_left.IsEmpty) return Crumbs();
        switch (_twist)
        {
            case Twist.Empty:
                return new(default, End: true, Broken: false);
            case Twist.WebPage:
                return new("<html><body>Be right back</body></html>"u8.ToArray(), End: true, Broken: false);
            case Twist.EndOfFile when _reads >= _breaksAt:
                return new(default, End: true, Broken: false);
            case Twist.Garbage when _reads >= _breaksAt:
                return new("data: {\"no\n\n"u8.ToArray(), End: true, Broken: false);
        }

        _reads++;
        var piece = await _inner.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (_host.IsDead) await MachineHost.NeverAsync().ConfigureAwait(false);
        if (_twist == Twist.EndOfFile && piece.End) return new(piece.Bytes[..(piece.Bytes.Length / 2)], End: true, Broken: false);
        if (_breaksAt % 3 != 0 || piece.Bytes.Length <= Crumb || piece.Bytes.Length > 20 * Crumb) return piece;
        (_left, _lastIsLeft) = (piece.Bytes, piece.End);
        return Crumbs();
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (_isClosed) return;
        _isClosed = true;
        _host.RepliesOpen--;
        await _inner.DisposeAsync().ConfigureAwait(false);
        _ends.Dispose();
    }

    private BodyPiece Crumbs()
    {
        var crumb = _left[..Math.Min(Crumb, _left.Length)];
        _left = _left[crumb.Length..];
        return new(crumb, _left.IsEmpty && _lastIsLeft, Broken: false);
    }
}
