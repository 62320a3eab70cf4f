using Understudy.Failures;
using Understudy.Transport;

namespace Understudy.Drills.Providers;

/// <summary>A reply that is there at once: a failure, or a short body.</summary>
internal sealed class CannedReply : ProviderReply
{
    private readonly byte[] _body = [];

    public CannedReply(Failure failure) => Failure = failure;

    public CannedReply(byte[] body)
    {
        _body = body;
        Status = 200;
    }

    public override bool TryGetHeader(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = "application/json"u8;
        return name.SequenceEqual("content-type"u8);
    }

    public override void CopyHeaders(IHeaderTarget target) => target.Add("content-type"u8, "application/json"u8);

    public override ValueTask<BodyPiece> ReadAsync(CancellationToken cancellationToken) => new(new BodyPiece(_body, End: true, Broken: false));

    public override ValueTask DisposeAsync() => default;
}
