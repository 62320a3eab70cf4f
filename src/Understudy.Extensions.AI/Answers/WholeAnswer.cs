using System.Text;
using Microsoft.Extensions.AI;
using Understudy.Calls;
using Understudy.Observation;
using Understudy.Wires;

namespace Understudy.Extensions.AI.Answers;

/// <summary>Takes the answer of a call that is not streamed.</summary>
/// <param name="hidesReasoning">Whether reasoning is not wanted.</param>
internal sealed class WholeAnswer(bool hidesReasoning) : IProgramSink, IDisposable
{
    // The program goes on on a thread of its own pool, never on one that polls sockets.
    private readonly TaskCompletionSource<ChatResponse> _response = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AnswerFacts _facts = new();
    private readonly PooledBuffer _body = new();
    private bool _isBroken;

    /// <summary>The response, or the exception that stands for it.</summary>
    public Task<ChatResponse> Response => _response.Task;

    /// <inheritdoc/>
    public void Begin(in AnswerHead head) => _facts.Begin(head);

    /// <inheritdoc/>
    public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _body.Append(bytes.Span);
        return new(true);
    }

    /// <inheritdoc/>
    public void Abort() => _isBroken = true;

    /// <inheritdoc/>
    public void End(CallRecord record)
    {
        try
        {
            if (!_isBroken && _facts.Head is { Status: 200 }) _response.TrySetResult(OfAnswer(record));
            else if (!_isBroken && _facts.Head is { Status: 202 }) _response.TrySetResult(OfLater(record));
            else if (record.Outcome == CallOutcome.Cancelled) _response.TrySetCanceled();
            else _response.TrySetException(UnderstudyException.Of(record, _facts.Head, _body.Span));
        }
        finally
        {
            Dispose();
        }
    }

    /// <inheritdoc/>
    public void Fail(Exception why)
    {
        _response.TrySetException(why);
        Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => _body.Dispose();

    private ChatResponse OfAnswer(CallRecord record)
    {
        var answer = Wire.Of(WireProtocol.InProcess).ReadAnswer(_body.Span);
        return Read(answer, record.Id, _facts.ModelOf(record), record.StartedAt, hidesReasoning, _facts.ToProperties(record));
    }

    private ChatResponse OfLater(CallRecord record) => new([])
    {
        ResponseId = record.Id,
        ModelId = record.Model,
        CreatedAt = record.StartedAt,
        ContinuationToken = Later.TokenOf(_facts.Deferred!),
        AdditionalProperties = _facts.ToProperties(record),
    };

    /// <summary>A whole answer as a response.</summary>
    public static ChatResponse Read(Answer answer, string id, string model, DateTimeOffset at, bool hidesReasoning, AdditionalPropertiesDictionary facts) =>
        new(new ChatMessage(ChatRole.Assistant, Contents.Of(answer.Parts, hidesReasoning)) { MessageId = id, CreatedAt = at })
        {
            ResponseId = id,
            ModelId = model,
            CreatedAt = at,
            FinishReason = Contents.Finish(answer.Finish),
            Usage = Contents.Usage(answer.Usage),
            AdditionalProperties = facts,
        };
}

/// <summary>The token of deferred work: its id.</summary>
internal static class Later
{
    public static ResponseContinuationToken TokenOf(string id) => ResponseContinuationToken.FromBytes(Encoding.UTF8.GetBytes(id));

    public static string IdOf(ResponseContinuationToken token) => Encoding.UTF8.GetString(token.ToBytes().Span);
}
