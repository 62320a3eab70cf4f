using System.Net.Sockets;
using Understudy.Http;

namespace Understudy.Tests.Http;

/// <summary>A connection whose receives are exactly the given pieces, so that every split of a response can be tried.</summary>
internal sealed class ScriptedConnection(IEnumerable<byte[]> pieces, SocketError atEnd = SocketError.Success)
    : HttpConnection(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
{
    private readonly Queue<ReadOnlyMemory<byte>> _pieces = new(pieces.Select(piece => (ReadOnlyMemory<byte>)piece));

    public bool IsClosed { get; private set; }

    /// <summary>The length of the buffer that was offered when there was nothing to receive, the first time.</summary>
    public int? OfferedWhenDry { get; private set; }

    public override ValueTask<Transferred> ReceiveAsync(Memory<byte> buffer)
    {
        while (_pieces.TryPeek(out var next) && next.IsEmpty) _pieces.Dequeue();
        if (_pieces.Count == 0) OfferedWhenDry ??= buffer.Length;
        if (_pieces.Count == 0) return new(new Transferred(0, atEnd));
        if (buffer.IsEmpty) return new(new Transferred(0, SocketError.Success));
        var piece = _pieces.Dequeue();
        var count = Math.Min(piece.Length, buffer.Length);
        piece[..count].CopyTo(buffer);
        if (count < piece.Length)
        {
            var rest = _pieces.ToArray();
            _pieces.Clear();
            _pieces.Enqueue(piece[count..]);
            foreach (var later in rest) _pieces.Enqueue(later);
        }

        return new(new Transferred(count, SocketError.Success));
    }

    public override ValueTask<Transferred> SendAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body) =>
        new(new Transferred(head.Length + body.Length, SocketError.Success));

    protected override void OnClosed() => IsClosed = true;
}
