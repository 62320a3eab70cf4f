using Understudy.Calls;

namespace Understudy.Drills.Strategies;

/// <summary>A client of the engine: notes when the first byte came, and keeps what came.</summary>
internal sealed class DrillClient(VirtualTime time) : IAnswerSink, IDisposable
{
    private readonly PooledBuffer _bytes = new();

    /// <summary>The status; 0 while there is none.</summary>
    public int Status { get; private set; }

    /// <summary>When the answer began.</summary>
    public TimeSpan FirstByte { get; private set; }

    /// <summary>Whether the connection was broken off.</summary>
    public bool Aborted { get; private set; }

    /// <summary>What came.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.Written.Span;

    /// <inheritdoc/>
    public void Begin(in AnswerHead head)
    {
        if (Status != 0) throw new InvalidOperationException("An answer was begun twice.");
        Status = head.Status;
        FirstByte = time.Elapsed;
    }

    /// <inheritdoc/>
    public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _bytes.Append(bytes.Span);
        return new(true);
    }

    /// <inheritdoc/>
    public void Abort() => Aborted = true;

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();
}
