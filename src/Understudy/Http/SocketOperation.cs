using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Understudy.Http;

/// <summary>
/// The one operation that a plain connection has under way at a time: reused, without allocation, and with the socket's
/// error as a value. <c>Socket.ReceiveAsync(Memory)</c> is as free of allocation but throws, and a throw costs more
/// than the rest of a failed call.
/// </summary>
/// <remarks>Continuations run where the socket completes, which is the poll thread when completions are inline.</remarks>
internal sealed class SocketOperation() : SocketAsyncEventArgs(unsafeSuppressExecutionContextFlow: true), IValueTaskSource<Transferred>
{
    private ManualResetValueTaskSourceCore<Transferred> _source;

    private Transferred Outcome => new(SocketError == SocketError.Success ? BytesTransferred : 0, SocketError);

    public ValueTask<Transferred> ReceiveAsync(Socket socket, Memory<byte> buffer)
    {
        try
        {
            SetBuffer(buffer);
            _source.Reset();
            return socket.ReceiveAsync(this) ? new(this, _source.Version) : new(Outcome);
        }
        catch (ObjectDisposedException)
        {
            return new(new Transferred(0, SocketError.OperationAborted));
        }
    }

    public ValueTask<Transferred> SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            SetBuffer(System.Runtime.InteropServices.MemoryMarshal.AsMemory(bytes));
            _source.Reset();
            return socket.SendAsync(this) ? new(this, _source.Version) : new(Outcome);
        }
        catch (ObjectDisposedException)
        {
            return new(new Transferred(0, SocketError.OperationAborted));
        }
    }

    /// <summary>Sends several arrays with one call to the kernel. <see cref="EndGathered"/> comes after it.</summary>
    public ValueTask<Transferred> SendGatheredAsync(Socket socket, ArraySegment<byte>[] parts)
    {
        try
        {
            SetBuffer(default);
            BufferList = parts;
            _source.Reset();
            return socket.SendAsync(this) ? new(this, _source.Version) : new(Outcome);
        }
        catch (ObjectDisposedException)
        {
            return new(new Transferred(0, SocketError.OperationAborted));
        }
    }

    public void EndGathered()
    {
        try
        {
            BufferList = null;
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile: the list goes with it.
        }
    }

    Transferred IValueTaskSource<Transferred>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Transferred>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<Transferred>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    protected override void OnCompleted(SocketAsyncEventArgs e) => _source.SetResult(Outcome);
}
