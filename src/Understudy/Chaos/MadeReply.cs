using System.Globalization;
using System.Text;
using Understudy.Failures;
using Understudy.Transport;

namespace Understudy.Chaos;

/// <summary>A reply that no provider sent.</summary>
internal sealed class MadeReply : ProviderReply
{
    private readonly byte[] _body = [];
    private readonly (byte[] Name, byte[] Value)[] _headers = [];

    public MadeReply(Failure failure) => Failure = failure;

    public MadeReply(int status, string contentType, byte[] body, TimeSpan? retryAfter = null)
    {
        Status = status;
        _body = body;
        _headers = retryAfter is { } wait
            ? [("content-type"u8.ToArray(), Encoding.ASCII.GetBytes(contentType)), ("retry-after"u8.ToArray(), Encoding.ASCII.GetBytes(Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture)))]
            : [("content-type"u8.ToArray(), Encoding.ASCII.GetBytes(contentType))];
    }

    /// <inheritdoc/>
    public override bool TryGetHeader(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        foreach (var header in _headers)
        {
            if (!name.SequenceEqual(header.Name)) continue;
            value = header.Value;
            return true;
        }

        value = default;
        return false;
    }

    /// <inheritdoc/>
    public override void CopyHeaders(IHeaderTarget target)
    {
        foreach (var (name, value) in _headers) target.Add(name, value);
    }

    /// <inheritdoc/>
    public override ValueTask<BodyPiece> ReadAsync(CancellationToken cancellationToken) => new(new BodyPiece(_body, End: true, Broken: false));

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => default;
}
