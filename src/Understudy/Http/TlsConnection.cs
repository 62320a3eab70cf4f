using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;

namespace Understudy.Http;

/// <summary>A connection with TLS. Its stream throws; here the exceptions become values.</summary>
internal sealed class TlsConnection(Socket socket, SslStream stream) : HttpConnection(socket)
{
    // One TLS record: a head and a body that fit go out as one.
    private const int CopyLimit = 16 * 1024;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<Transferred> ReceiveAsync(Memory<byte> buffer)
    {
        try
        {
            return new(await stream.ReadAsync(buffer).ConfigureAwait(false), SocketError.Success);
        }
        catch (Exception e) when (ErrorOf(e) is not null)
        {
            return new(0, ErrorOf(e)!.Value);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<Transferred> SendAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body)
    {
        // The head takes the first piece of the body with it; only that piece is copied.
        var joined = Math.Max(head.Length, Math.Min(head.Length + body.Length, CopyLimit));
        var buffer = ArrayPool<byte>.Shared.Rent(joined);
        head.CopyTo(buffer);
        body[..(joined - head.Length)].CopyTo(buffer.AsMemory(head.Length));
        try
        {
            await stream.WriteAsync(buffer.AsMemory(0, joined)).ConfigureAwait(false);
            var rest = body[(joined - head.Length)..];
            if (!rest.IsEmpty) await stream.WriteAsync(rest).ConfigureAwait(false);
            return new(head.Length + body.Length, SocketError.Success);
        }
        catch (Exception e) when (ErrorOf(e) is not null)
        {
            return new(0, ErrorOf(e)!.Value);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    protected override void OnClosed() => stream.Dispose();

    private static SocketError? ErrorOf(Exception exception) => exception switch
    {
        IOException { InnerException: SocketException inner } => inner.SocketErrorCode,
        ObjectDisposedException => SocketError.OperationAborted,
        IOException or AuthenticationException => SocketError.ConnectionAborted,
        _ => null,
    };
}
