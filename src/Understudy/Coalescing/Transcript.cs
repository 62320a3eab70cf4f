using System.Buffers;
using System.Numerics;

namespace Understudy.Coalescing;

/// <summary>
/// The bytes of an answer from the first one on, in arrays of the shared pool. One thread appends and any number read what
/// was appended, without a lock: a byte never moves once it is there. Each block is twice as large as the one before, so
/// growing copies nothing and finding a position takes no search.
/// </summary>
/// <remarks>A field of a <see cref="Flight"/>, never copied: every call has one, and it should cost none an object more.</remarks>
internal struct Transcript
{
    /// <summary>What the blocks can hold together: 64 MiB, less the first block.</summary>
    public const int Most = FirstBlock * ((1 << BlockCount) - 1);

    private const int FirstBlock = 2048;
    private const int BlockCount = 15;

    private byte[]?[]? _blocks;
    private int _rented;
    private int _length;

    /// <summary>How many bytes there are.</summary>
    public int Length => Volatile.Read(ref _length);

    /// <summary>How many bytes are taken from the pool for them.</summary>
    public readonly int Capacity => FirstBlock * ((1 << _rented) - 1);

    /// <summary>Adds a copy of <paramref name="bytes"/>; what is then held is at most <see cref="Most"/>.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var at = _length;
        while (!bytes.IsEmpty)
        {
            var (block, inside) = Find(at);
            if (block == _rented)
            {
                _blocks ??= ArrayPool<byte[]?>.Shared.Rent(BlockCount);
                _blocks[block] = ArrayPool<byte>.Shared.Rent(FirstBlock << block);
                _rented++;
            }

            var room = _blocks![block].AsSpan(inside, (FirstBlock << block) - inside);
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            bytes = bytes[count..];
            at += count;
        }

        Volatile.Write(ref _length, at); // readers see the bytes before they see that there are more
    }

    /// <summary>What follows at <paramref name="position"/>, up to the end of a block; empty where there is no more yet.</summary>
    public ReadOnlyMemory<byte> From(int position)
    {
        var left = Length - position;
        if (left <= 0) return default;
        var (block, inside) = Find(position);
        return _blocks![block].AsMemory(inside, Math.Min(left, (FirstBlock << block) - inside));
    }

    /// <summary>All of it in one piece.</summary>
    public byte[] ToArray()
    {
        var all = new byte[Length];
        for (var at = 0; at < all.Length;)
        {
            var piece = From(at);
            piece.CopyTo(all.AsMemory(at));
            at += piece.Length;
        }

        return all;
    }

    /// <summary>Gives everything back to the pool. Nobody may read any more.</summary>
    public void Release()
    {
        if (_blocks is null) return;
        for (var block = 0; block < _rented; block++) ArrayPool<byte>.Shared.Return(_blocks[block]!);
        ArrayPool<byte[]?>.Shared.Return(_blocks, clearArray: true);
        _blocks = null;
        _rented = 0;
        _length = 0;
    }

    private static (int Block, int Inside) Find(int position)
    {
        var block = BitOperations.Log2((uint)(position / FirstBlock) + 1);
        return (block, position - (FirstBlock * ((1 << block) - 1)));
    }
}
