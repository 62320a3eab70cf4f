using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace Understudy.Gateway.Serving;

/// <summary>
/// The memory that Kestrel reads into, in larger blocks than its own 4 KB: an agent's request has 200 KB, and each block
/// costs two calls to the kernel. A connection that waits holds none, so a larger block costs no memory there.
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    private const int BlockSize = 32 * 1024;

    /// <summary>What is kept for later; a burst's blocks go to the garbage collector.</summary>
    private const int Kept = 256;

    // The last one back is the first one out: it is the one that the processor still has at hand.
    private readonly Lock _gate = new();
    private readonly Stack<Block> _blocks = new(Kept);

    /// <inheritdoc/>
    public override int MaxBufferSize => BlockSize;

    /// <summary>This one: blocks are shared by all of the server.</summary>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    /// <inheritdoc/>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        lock (_gate)
        {
            if (_blocks.TryPop(out var block)) return block;
        }

        return new Block(this);
    }

    /// <summary>Nothing: it lives as long as the server.</summary>
    protected override void Dispose(bool disposing)
    {
    }

    private void Return(Block block)
    {
        lock (_gate)
        {
            if (_blocks.Count < Kept) _blocks.Push(block);
        }
    }

    /// <summary>Pinned for good, so that a receive does not have to pin it.</summary>
    private sealed class Block(BlockPool pool) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true), 0, BlockSize);

        public void Dispose() => pool.Return(this);
    }
}
