using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.AI;
using Understudy.Calls;
using Understudy.Observation;
using Understudy.Wires;

namespace Understudy.Extensions.AI.Answers;

/// <summary>Takes the answer of a streamed call, and hands it on as updates.</summary>
/// <remarks>
/// One thread at a time writes (the pipeline's), one reads (the program's). What was handed over counts as seen, so it is
/// always taken; beyond <see cref="Most"/> updates the pipeline waits for a slow reader, as it does for a slow socket.
/// </remarks>
internal sealed class StreamedAnswer : IProgramSink, IDisposable
{
    private const int Most = 512;

    private readonly Channel<ChatResponseUpdate> _updates = Channel.CreateUnbounded<ChatResponseUpdate>(new() { SingleWriter = true });
    private readonly AnswerFacts _facts = new();
    private readonly PooledBuffer _tail = new();
    private readonly AnswerStreamReader _reader = Wire.Of(WireProtocol.InProcess).NewStreamReader();
    private readonly UpdateMaker _maker;
    private readonly CallRecordOf _record;
    private TaskCompletionSource<bool>? _room;
    private volatile bool _left;
    private bool _isStream;
    private bool _isBroken;
    private bool _told;

    /// <summary>A sink for one call.</summary>
    /// <param name="hidesReasoning">Whether reasoning is not wanted.</param>
    /// <param name="record">The call's record, once there is one.</param>
    public StreamedAnswer(bool hidesReasoning, CallRecordOf record)
    {
        _record = record;
        _maker = new(Give, hidesReasoning);
    }

    /// <summary>Called when the program stops reading before the end; null once the call has ended.</summary>
    public Action? Leaving { get; set; }

    /// <summary>The record of the call that a sink is made for before the call is.</summary>
    public delegate CallRecord CallRecordOf();

    /// <inheritdoc/>
    public void Begin(in AnswerHead head)
    {
        _facts.Begin(head);
        _isStream = head is { Status: 200, ContentLength: null };
    }

    /// <inheritdoc/>
    public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_left) return new(false);
        if (_isStream) Read(bytes.Span);
        else _tail.Append(bytes.Span);
        return _updates.Reader.Count < Most ? new(true) : WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void Abort() => _isBroken = true;

    /// <inheritdoc/>
    public void End(CallRecord record)
    {
        if (_isStream && !_isBroken && _maker.Finished is { } reason) Finish(record, reason);
        else if (_facts is { Head.Status: 202, Deferred: { } id }) Promise(record, id);
        else if (record.Outcome == CallOutcome.Cancelled) _updates.Writer.TryComplete(new OperationCanceledException());
        else _updates.Writer.TryComplete(UnderstudyException.Of(record, _facts.Head, _isStream ? default : _tail.Span, begun: _told));
        Dispose();
    }

    /// <inheritdoc/>
    public void Fail(Exception why)
    {
        _updates.Writer.TryComplete(why);
        Dispose();
    }

    /// <summary>Nothing is written any more; what is in the channel can still be read.</summary>
    public void Dispose()
    {
        _tail.Dispose();
        _reader.Dispose();
    }

    /// <summary>The updates, to the end of the answer. Whoever stops reading has left.</summary>
    public async IAsyncEnumerable<ChatResponseUpdate> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            while (await _updates.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (_updates.Reader.TryRead(out var update))
                {
                    if (_room is not null && _updates.Reader.Count < Most / 2) Interlocked.Exchange(ref _room, null)?.TrySetResult(true);
                    yield return update;
                }
            }
        }
        finally
        {
            _left = true;
            Interlocked.Exchange(ref _room, null)?.TrySetResult(false);
            Leave();
        }
    }

    private void Leave()
    {
        try
        {
            Leaving?.Invoke();
        }
        catch (ObjectDisposedException)
        {
            // The call has just ended by itself.
        }
    }

    private void Read(ReadOnlySpan<byte> bytes)
    {
        var whole = _tail.Length == 0;
        if (!whole) _tail.Append(bytes);
        var window = whole ? bytes : _tail.Span;
        int at = 0, resume = 0;
        while (SseSplitter.TryFindEnd(window[at..], ref resume, out var length))
        {
            _reader.Read(window.Slice(at, length), _maker);
            at += length;
        }

        if (whole) _tail.Append(window[at..]);
        else _tail.Consume(at);
    }

    private void Give(AIContent content)
    {
        var update = Update();
        update.Contents.Add(content);
        _updates.Writer.TryWrite(update);
    }

    private ChatResponseUpdate Update()
    {
        var record = _record();
        var update = new ChatResponseUpdate
        {
            Role = ChatRole.Assistant,
            ResponseId = record.Id,
            MessageId = record.Id,
            CreatedAt = record.StartedAt,
            ModelId = _facts.ModelOf(record),
        };
        // Who answers is known from the first word on; who answered in the end, with the last.
        if (!_told) update.AdditionalProperties = _facts.ToProperties();
        _told = true;
        return update;
    }

    private void Finish(CallRecord record, FinishReason reason)
    {
        var last = Update();
        last.FinishReason = Contents.Finish(reason);
        last.AdditionalProperties = _facts.ToProperties(record);
        last.Contents.Add(new UsageContent(Contents.Usage(_maker.Usage)));
        _updates.Writer.TryWrite(last);
        _updates.Writer.TryComplete();
    }

    private void Promise(CallRecord record, string id)
    {
        var only = Update();
        only.ContinuationToken = Later.TokenOf(id);
        only.AdditionalProperties = _facts.ToProperties(record);
        _updates.Writer.TryWrite(only);
        _updates.Writer.TryComplete();
    }

    private async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        var room = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _room, room);
        if (_left || _updates.Reader.Count < Most / 2) room.TrySetResult(!_left);
        await using var ended = cancellationToken.UnsafeRegister(static room => ((TaskCompletionSource<bool>)room!).TrySetResult(false), room).ConfigureAwait(false);
        return await room.Task.ConfigureAwait(false);
    }
}
