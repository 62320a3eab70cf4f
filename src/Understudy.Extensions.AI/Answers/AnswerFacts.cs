using System.Text;
using Microsoft.Extensions.AI;
using Understudy.Calls;
using Understudy.Observation;
using Understudy.Transport;

namespace Understudy.Extensions.AI.Answers;

/// <summary>What is told of an answer beside it: what the gateway says in headers.</summary>
internal sealed class AnswerFacts : IHeaderTarget
{
    public const string RequestId = "understudy.request_id";
    public const string ServedBy = "understudy.served_by";
    public const string Degraded = "understudy.degraded";
    public const string Attempts = "understudy.attempts";
    public const string Age = "understudy.age";
    public const string JoinedTo = "understudy.joined_to";
    public const string Continued = "understudy.continued";
    public const string DeferredId = "understudy.deferred_id";

    /// <summary>The head of the answer; null before it began.</summary>
    public AnswerHead? Head { get; private set; }

    /// <summary>The id of the work that was kept for later; null where none was.</summary>
    public string? Deferred { get; private set; }

    /// <summary>The answer begins.</summary>
    public void Begin(in AnswerHead head)
    {
        Head = head with { PassThrough = null };
        head.PassThrough?.CopyHeaders(this);
    }

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual("x-understudy-deferred-id"u8)) Deferred = Encoding.ASCII.GetString(value);
    }

    /// <summary>As they travel with an answer. With the record of the call that has ended, who really gave it.</summary>
    public AdditionalPropertiesDictionary ToProperties(CallRecord? ended = null)
    {
        var head = Head ?? default;
        var facts = new AdditionalPropertiesDictionary
        {
            [RequestId] = head.RequestId,
            [ServedBy] = ended?.ServedBy ?? head.ServedBy,
            // What began whole may have been finished by less, or have ended with what there was.
            [Degraded] = head.Degraded || ended is { Outcome: CallOutcome.Degraded },
            [Attempts] = ended is { JoinedTo: null } ? ended.Sent : head.Attempts,
        };
        if (head.Age is { } age) facts[Age] = age;
        if (head.JoinedTo is { } joined) facts[JoinedTo] = joined;
        if (ended is { Continued: true }) facts[Continued] = true;
        if (Deferred is { } id) facts[DeferredId] = id;
        return facts;
    }

    /// <summary>The model that answered, as its provider calls it; the one that was asked for where no model did.</summary>
    public string ModelOf(CallRecord call)
    {
        var server = call.ServedBy ?? Head?.ServedBy;
        return server is not null && server.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash ? server[(slash + 1)..] : call.Model;
    }
}
