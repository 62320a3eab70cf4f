using System.Buffers;

namespace Understudy.Tests.Http;

/// <summary>Memory that is no array: what a caller's own memory manager hands out.</summary>
internal sealed class NativeBytes : MemoryManager<byte>
{
    private readonly byte[] _pinned;

    public NativeBytes(int length)
    {
        _pinned = GC.AllocateArray<byte>(length, pinned: true);
        _pinned.AsSpan().Fill((byte)'n');
    }

    public override Span<byte> GetSpan() => _pinned;

    public override MemoryHandle Pin(int elementIndex = 0) => _pinned.AsMemory(elementIndex).Pin();

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
