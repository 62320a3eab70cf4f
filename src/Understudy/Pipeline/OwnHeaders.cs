using System.Text;
using Understudy.Transport;

namespace Understudy.Pipeline;

/// <summary>Headers of ours beyond those that every answer has, where an upstream's would pass through.</summary>
/// <param name="fields">Names in lower case, and values.</param>
internal sealed class OwnHeaders(params (string Name, string Value)[] fields) : ProviderReply
{
    /// <inheritdoc/>
    public override void CopyHeaders(IHeaderTarget target)
    {
        foreach (var (name, value) in fields) target.Add(Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes(value));
    }

    /// <inheritdoc/>
    public override bool TryGetHeader(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        return false; // they are there to be handed on, not to be asked
    }

    /// <inheritdoc/>
    public override ValueTask<BodyPiece> ReadAsync(CancellationToken cancellationToken) => new(new BodyPiece(default, End: true, Broken: false));

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => default;
}
