using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Understudy.Http;

/// <summary>A connection without TLS: the socket itself.</summary>
#pragma warning disable CA1001 // disposed in OnClosed: a connection has two ways to close, neither is Dispose
internal sealed class PlainConnection(Socket socket) : HttpConnection(socket)
#pragma warning restore CA1001
{
    // Up to here copying into one buffer is cheaper than gathering; both are one call to the kernel and mostly one packet train.
    private const int CopyLimit = 16 * 1024;

    private readonly SocketOperation _operation = new();
    private ArraySegment<byte>[]? _parts;

    public override ValueTask<Transferred> ReceiveAsync(Memory<byte> buffer) => _operation.ReceiveAsync(Socket, buffer);

    public override ValueTask<Transferred> SendAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty) return SendAllAsync(head);
        if (head.Length + (long)body.Length <= CopyLimit) return SendCopiedAsync(head, body);
        return MemoryMarshal.TryGetArray(head, out var first) && MemoryMarshal.TryGetArray(body, out var second)
            ? SendGatheredAsync(first, second)
            : SendApartAsync(head, body);
    }

    protected override void OnClosed() => _operation.Dispose();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Transferred> SendCopiedAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body)
    {
        var length = head.Length + body.Length;
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        head.CopyTo(buffer);
        body.CopyTo(buffer.AsMemory(head.Length));
        var sent = await SendAllAsync(buffer.AsMemory(0, length)).ConfigureAwait(false);
        ArrayPool<byte>.Shared.Return(buffer);
        return sent;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Transferred> SendGatheredAsync(ArraySegment<byte> head, ArraySegment<byte> body)
    {
        _parts ??= new ArraySegment<byte>[2];
        _parts[0] = head;
        _parts[1] = body;
        var sent = await _operation.SendGatheredAsync(Socket, _parts).ConfigureAwait(false);
        _operation.EndGathered();
        Array.Clear(_parts);
        if (!sent.IsGood || sent.Bytes == head.Count + body.Count) return sent;
        return sent.Bytes < head.Count
            ? await SendApartAsync(head.AsMemory(sent.Bytes), body).ConfigureAwait(false)
            : await SendAllAsync(body.AsMemory(sent.Bytes - head.Count)).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Transferred> SendApartAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body)
    {
        var sent = await SendAllAsync(head).ConfigureAwait(false);
        return sent.IsGood ? await SendAllAsync(body).ConfigureAwait(false) : sent;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Transferred> SendAllAsync(ReadOnlyMemory<byte> bytes)
    {
        var left = bytes;
        while (true)
        {
            var sent = await _operation.SendAsync(Socket, left).ConfigureAwait(false);
            if (!sent.IsGood || sent.Bytes == left.Length) return sent;
            left = left[sent.Bytes..];
        }
    }
}
