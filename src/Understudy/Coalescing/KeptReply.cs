using System.Buffers.Binary;
using Understudy.Calls;
using Understudy.Transport;

namespace Understudy.Coalescing;

/// <summary>The headers of an upstream's reply, for those who join after the reply itself has gone.</summary>
/// <param name="fields">What <see cref="Write"/> has written.</param>
internal sealed class KeptReply(PooledBuffer fields) : ProviderReply
{
    private const int Lengths = 2 * sizeof(int);

    /// <summary>Keeps one header.</summary>
    public static void Write(PooledBuffer fields, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Span<byte> lengths = stackalloc byte[Lengths];
        BinaryPrimitives.WriteInt32LittleEndian(lengths, name.Length);
        BinaryPrimitives.WriteInt32LittleEndian(lengths[sizeof(int)..], value.Length);
        fields.Append(lengths);
        fields.Append(name);
        fields.Append(value);
    }

    /// <inheritdoc/>
    public override void CopyHeaders(IHeaderTarget target)
    {
        for (var left = fields.Span; !left.IsEmpty;)
        {
            var name = BinaryPrimitives.ReadInt32LittleEndian(left);
            var value = BinaryPrimitives.ReadInt32LittleEndian(left[sizeof(int)..]);
            target.Add(left.Slice(Lengths, name), left.Slice(Lengths + name, value));
            left = left[(Lengths + name + value)..];
        }
    }

    /// <inheritdoc/>
    public override bool TryGetHeader(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        return false; // they are kept to be handed on, not to be asked
    }

    /// <inheritdoc/>
    public override ValueTask<BodyPiece> ReadAsync(CancellationToken cancellationToken) => new(new BodyPiece(default, End: true, Broken: false));

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => default;
}
