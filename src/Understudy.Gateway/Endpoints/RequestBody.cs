using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Understudy.Gateway.Endpoints;

/// <summary>A request's body in one array of the shared pool: one copy, so that it can be scanned and sent in one piece.</summary>
internal sealed class RequestBody : IDisposable
{
    /// <summary>A sender is given no more room than this on its word alone.</summary>
    private const int Trusted = 1024 * 1024;

    private byte[]? _array;

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; private set; }

    /// <summary>Reads the whole body.</summary>
    /// <returns>Null where it is longer than <paramref name="limit"/>.</returns>
    public static async ValueTask<RequestBody?> ReadAsync(HttpRequest request, long limit, CancellationToken cancellationToken)
    {
        var announced = request.ContentLength;
        if (announced > limit) return null;

        var body = new RequestBody { _array = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(announced ?? 4096, 16, Trusted)) };
        var length = 0;
        var reader = request.BodyReader;
        var whole = false;
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(cancellationToken);
                var buffer = read.Buffer;
                if (length + buffer.Length > limit) return null;
                body.Grow(length, (int)buffer.Length);
                buffer.CopyTo(body._array.AsSpan(length));
                length += (int)buffer.Length;
                reader.AdvanceTo(buffer.End);
                if (read.IsCompleted || read.IsCanceled) break;
            }

            body.Bytes = body._array.AsMemory(0, length);
            whole = true;
            return body;
        }
        finally
        {
            if (!whole) body.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_array is not null) ArrayPool<byte>.Shared.Return(_array);
        _array = null;
        Bytes = default;
    }

    private void Grow(int used, int more)
    {
        if (_array!.Length - used >= more) return;
        var bigger = ArrayPool<byte>.Shared.Rent(Math.Max(used + more, _array.Length * 2));
        _array.AsSpan(0, used).CopyTo(bigger);
        ArrayPool<byte>.Shared.Return(_array);
        _array = bigger;
    }
}
