using Microsoft.Extensions.AI;
using Understudy.Deferral;
using Understudy.Extensions.AI.Answers;
using Understudy.Failures;
using Understudy.Wires;

namespace Understudy.Extensions.AI.Operating;

/// <summary>A piece of deferred work as its owner sees it.</summary>
public sealed record DeferredCall
{
    private DeferredCall()
    {
    }

    /// <summary>Its id; empty where the work was not kept and answered at once.</summary>
    public required string Id { get; init; }

    /// <summary>Where it stands.</summary>
    public required DeferredState State { get; init; }

    /// <summary>When it expires if it is not over.</summary>
    public DateTimeOffset Deadline { get; private init; }

    /// <summary>Until when it can be asked for; null before it is over.</summary>
    public DateTimeOffset? ExpiresAt { get; private init; }

    /// <summary>How many pieces of its route go first, counted up to 10,000; null once it is not waiting.</summary>
    public int? Ahead { get; private init; }

    /// <summary>Tries so far that a provider spoiled.</summary>
    public int Tries { get; private init; }

    /// <summary>The answer; null before it is there, and where none will be.</summary>
    public ChatResponse? ResponseSensitive { get; private init; }

    /// <summary>What its caller would have heard of an error; null where there was none. It may quote the request.</summary>
    public string? ErrorSensitive { get; private init; }

    /// <summary>A few words without content.</summary>
    public override string ToString() => $"{State.Word()} work {Id}";

    internal static DeferredCall Kept(string id) => new() { Id = id, State = DeferredState.Waiting };

    internal static DeferredCall AnsweredAtOnce(ChatResponse response) => new() { Id = "", State = DeferredState.Done, ResponseSensitive = response };

    internal static DeferredCall Of(DeferredView view)
    {
        var call = new DeferredCall { Id = view.Id, State = view.State, Deadline = view.Deadline, ExpiresAt = view.ExpiresAt, Ahead = view.Ahead, Tries = view.Tries };
        if (view.AnswerSensitive is not { } given) return call;
        var wire = Wire.Of(view.Protocol);
        if (view.State != DeferredState.Done) return call with { ErrorSensitive = wire.ReadError(given.Status, given.BodySensitive.Span).Message };
        var server = given.ServedBy ?? "";
        var facts = new AdditionalPropertiesDictionary
        {
            [AnswerFacts.RequestId] = view.Id,
            [AnswerFacts.ServedBy] = given.ServedBy,
            [AnswerFacts.Degraded] = given.Degraded,
            [AnswerFacts.DeferredId] = view.Id,
        };
        return call with { ResponseSensitive = WholeAnswer.Read(wire.ReadAnswer(given.BodySensitive.Span), view.Id, server[(server.IndexOf('/', StringComparison.Ordinal) + 1)..], view.FinishedAt ?? view.AcceptedAt, hidesReasoning: false, facts) };
    }

    /// <summary>As an answer to who asks with a continuation token.</summary>
    internal ChatResponse ToResponse() => State switch
    {
        DeferredState.Done when ResponseSensitive is { } response => response,
        DeferredState.Waiting or DeferredState.Running => new([])
        {
            ContinuationToken = Later.TokenOf(Id),
            AdditionalProperties = new() { [AnswerFacts.DeferredId] = Id, [AnswerFacts.ServedBy] = "defer" },
        },
        _ => throw new UnderstudyException($"The deferred work {Id} is {State.Word()}.", State == DeferredState.Cancelled ? FailureKind.ClientLeft : FailureKind.DeadlineSpent, Id),
    };
}
