using Understudy.Calls;

namespace Understudy.Pipeline;

/// <summary>Takes an answer that nobody listens to yet.</summary>
internal sealed class CapturingSink : IAnswerSink, IDisposable
{
    /// <summary>A longer answer is no answer: no model gives one.</summary>
    private const int MostBytes = 64 * 1024 * 1024;

    private readonly PooledBuffer _body = new();

    /// <summary>The head; null where nothing came.</summary>
    public AnswerHead? Head { get; private set; }

    /// <summary>Whether the answer broke, or was too long.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>The body.</summary>
    public ReadOnlyMemory<byte> Body => _body.Written;

    /// <inheritdoc/>
    public void Begin(in AnswerHead head) => Head = head with { PassThrough = null };

    /// <inheritdoc/>
    public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_body.Length + bytes.Length > MostBytes) IsBroken = true;
        else _body.Append(bytes.Span);
        return new(!IsBroken);
    }

    /// <inheritdoc/>
    public void Abort() => IsBroken = true;

    /// <inheritdoc/>
    public void Dispose() => _body.Dispose();
}
