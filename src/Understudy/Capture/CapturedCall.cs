using Understudy.Calls;
using Understudy.Observation;

namespace Understudy.Capture;

/// <summary>A captured call without what was said in it: fit for a list.</summary>
/// <param name="Id">The call's id.</param>
/// <param name="At">When the call began.</param>
/// <param name="Route">Its route.</param>
/// <param name="Client">Who called; empty for a caller without a key.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Bytes">What it takes in the store.</param>
public sealed record CapturedHead(string Id, DateTimeOffset At, string Route, string Client, CallOutcome Outcome, long Bytes);

/// <summary>A call with what was said in it, redacted.</summary>
public sealed record CapturedCall
{
    /// <summary>Everything else.</summary>
    public required CapturedHead Head { get; init; }

    /// <summary>What the client speaks.</summary>
    public required WireProtocol Protocol { get; init; }

    /// <summary>The status that the client got; 0 where it got none.</summary>
    public required int Status { get; init; }

    /// <summary>The model that the client asked for, redacted like the rest: clients put keys into wrong fields.</summary>
    public required string ModelSensitive { get; init; }

    /// <summary>The request as JSON, redacted.</summary>
    public required string RequestSensitive { get; init; }

    /// <summary>What the client got as JSON, redacted; a stream is put together to its parts.</summary>
    public required string AnswerSensitive { get; init; }

    /// <summary>How many places were redacted.</summary>
    public required int Redacted { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"captured call {Head.Id}";
}
