using System.Buffers;

namespace Understudy.Calls;

/// <summary>Bytes that grow, in arrays of the shared pool. Holds no array while it is empty, so a waiting stream costs nothing. Not thread-safe.</summary>
public sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    private byte[] _array = [];
    private int _start;
    private int _end;

    /// <summary>How many bytes it holds.</summary>
    public int Length => _end - _start;

    /// <summary>What it holds; valid until the next change.</summary>
    public ReadOnlyMemory<byte> Written => _array.AsMemory(_start, _end - _start);

    /// <summary>What it holds; valid until the next change.</summary>
    public ReadOnlySpan<byte> Span => _array.AsSpan(_start, _end - _start);

    /// <summary>Adds a copy of <paramref name="bytes"/>.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        _end += bytes.Length;
    }

    /// <summary>Drops <paramref name="count"/> bytes from the front.</summary>
    public void Consume(int count)
    {
        _start += count;
        if (_start == _end) Clear();
    }

    /// <summary>Drops everything, and gives the array back.</summary>
    public void Clear()
    {
        if (_array.Length != 0) ArrayPool<byte>.Shared.Return(_array);
        _array = [];
        _start = _end = 0;
    }

    /// <inheritdoc/>
    public void Advance(int count) => _end += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsMemory(_end);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsSpan(_end);
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();

    private void Reserve(int sizeHint)
    {
        if (sizeHint < 1) sizeHint = 1;
        if (_array.Length - _end >= sizeHint) return;
        var length = Length;
        if (_start > 0 && _array.Length - length >= sizeHint && length <= _start)
        {
            _array.AsSpan(_start, length).CopyTo(_array);
        }
        else
        {
            var bigger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(length + sizeHint), Math.Min(length * 2, 1 << 30)));
            _array.AsSpan(_start, length).CopyTo(bigger);
            if (_array.Length != 0) ArrayPool<byte>.Shared.Return(_array);
            _array = bigger;
        }

        _start = 0;
        _end = length;
    }
}
