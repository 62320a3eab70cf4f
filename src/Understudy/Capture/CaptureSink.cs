using Understudy.Calls;
using Understudy.Configuration;
using Understudy.Observation;

namespace Understudy.Capture;

/// <summary>A client's sink, overheard: what the client gets goes on as it came, and the beginning of it is kept beside.</summary>
public sealed class CaptureSink : IAnswerSink, IDisposable
{
    private readonly CaptureDesk _desk;
    private readonly IAnswerSink _client;
    private readonly CaptureRule _rule;
    private readonly int _most;
    private readonly Lock _lock = new(); // a client that is slow is written to from other threads, to the end and beyond
    private readonly PooledBuffer _heard = new();
    private bool _isOver;
    private int _status;

    internal CaptureSink(CaptureDesk desk, IAnswerSink client, CaptureRule rule, int most)
    {
        _desk = desk;
        _client = client;
        _rule = rule;
        _most = most;
    }

    /// <inheritdoc/>
    public void Begin(in AnswerHead head)
    {
        _status = head.Status;
        _client.Begin(head);
    }

    /// <inheritdoc/>
    public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var room = Math.Min(_most - _heard.Length, bytes.Length);
            if (room > 0 && !_isOver) _heard.Append(bytes.Span[..room]);
        }

        return _client.WriteAsync(bytes, cancellationToken);
    }

    /// <inheritdoc/>
    public void Abort() => _client.Abort();

    /// <summary>The call is over: it is handed on where it is one of those that are wanted. Copies, and does not wait.</summary>
    /// <param name="record">What came of it.</param>
    /// <param name="body">What the client sent; its own again afterwards.</param>
    public void Keep(CallRecord record, ReadOnlySpan<byte> body)
    {
        lock (_lock)
        {
            if (IsWanted(record)) _desk.Hand(record, _status, body[..Math.Min(body.Length, _most)], _heard.Span);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            _heard.Dispose();
        }
    }

    private bool IsWanted(CallRecord record) => _rule.Of switch
    {
        CaptureOf.All => true,
        CaptureOf.Trouble => record.Sent > 1 || record.Outcome is CallOutcome.Failed or CallOutcome.Refused or CallOutcome.Degraded or CallOutcome.Deferred,
        CaptureOf.Failed => record.Outcome is CallOutcome.Failed or CallOutcome.Refused,
    };
}
