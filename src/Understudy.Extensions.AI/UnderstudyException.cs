using System.Globalization;
using System.Text;
using Understudy.Calls;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.Wires;

namespace Understudy.Extensions.AI;

/// <summary>
/// No answer. The one exception for everything that can go wrong with a call; nothing of a provider's own library or of
/// HTTP comes through. Its message, as everything but <see cref="DetailSensitive"/>, holds no content and may be logged.
/// </summary>
public sealed class UnderstudyException : Exception
{
    internal UnderstudyException(string message, FailureKind kind, string requestId)
        : base(message)
    {
        Kind = kind;
        RequestId = requestId;
    }

    internal UnderstudyException(string message, string requestId, Exception bug)
        : base(message, bug)
    {
        Kind = FailureKind.Garbage;
        RequestId = requestId;
        IsBug = true;
    }

    /// <summary>What failed, the last time it was tried.</summary>
    public FailureKind Kind { get; }

    /// <summary>Whose fault it was.</summary>
    public FailureSide Side => IsBug ? FailureSide.Us : FailureTraits.Of(Kind).Side;

    /// <summary>When a new try may help; null where none can, or where nobody knows. By then Understudy has tried what there is: do not repeat it at once.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>Who was called, or passed over, and what became of it. Empty for a call that joined another one.</summary>
    public IReadOnlyList<FailedAttempt> Attempts { get; private init; } = [];

    /// <summary>The call's id, as in records, logs and spans.</summary>
    public string RequestId { get; }

    /// <summary>Whether a part of the answer was given before it broke.</summary>
    public bool HasBegun { get; private init; }

    /// <summary>Whether it is a bug of Understudy's own.</summary>
    public bool IsBug { get; }

    /// <summary>What the provider, or a person, said about it; it may quote the request. Null where nobody said anything. Not for logs.</summary>
    public string? DetailSensitive { get; private init; }

    internal static UnderstudyException Of(CallRecord record, in AnswerHead? head, ReadOnlySpan<byte> body, bool begun = false)
    {
        var failure = record.Failure;
        var kind = failure?.Kind ?? FailureKind.Garbage;
        var said = body.IsEmpty ? null : Wire.Of(WireProtocol.InProcess).ReadError(head?.Status ?? 0, body).Message;
        return new(Story(record, kind, begun), kind, record.Id)
        {
            RetryAfter = head?.RetryAfter ?? (kind == FailureKind.BudgetSpent ? failure?.RetryAfter : null),
            Attempts = [.. record.Attempts.Where(attempt => attempt.Failure is not null).Select(attempt => new FailedAttempt(attempt.Target, attempt.Failure!.Kind, attempt.Failure.Status, attempt.Duration))],
            HasBegun = begun,
            DetailSensitive = kind is FailureKind.BadRequest or FailureKind.TranslationRefused or FailureKind.TargetNotAble or FailureKind.Dropped ? said : null,
        };
    }

    private static string Story(CallRecord record, FailureKind kind, bool begun)
    {
        var story = new StringBuilder(kind switch
        {
            FailureKind.BadRequest or FailureKind.TranslationRefused => "The request was refused as wrong; DetailSensitive says why. ",
            FailureKind.Dropped => "A person closed the question without an answer. ",
            FailureKind.BudgetSpent => "The budget is spent. ",
            _ when begun => "The answer broke off, and nobody could go on with it. ",
            _ => "No model could answer. ",
        });
        foreach (var group in record.Attempts.Where(attempt => attempt.Failure is not null).GroupBy(attempt => (attempt.Target, attempt.Failure!.Kind, attempt.Failure.Status)))
        {
            story.Append(CultureInfo.InvariantCulture, $"{group.Key.Target}: {FailureWords.Of(group.Key.Kind)}");
            if (group.Key.Status != 0) story.Append(CultureInfo.InvariantCulture, $" ({group.Key.Status})");
            if (group.Count() > 1) story.Append(CultureInfo.InvariantCulture, $" ×{group.Count()}");
            story.Append("; ");
        }

        if (record.Attempts.Count == 0 && record.Failure is not null) story.Append(FailureWords.Of(kind)).Append("; ");
        return story.Append("request ").Append(record.Id).ToString();
    }
}

/// <summary>One call of one target that failed, or why it was passed over.</summary>
/// <param name="Target"><c>provider/model</c>.</param>
/// <param name="Kind">What failed.</param>
/// <param name="Status">The status code; 0 where none was read.</param>
/// <param name="Duration">How long it took; zero where it was passed over.</param>
public sealed record FailedAttempt(string Target, FailureKind Kind, int Status, TimeSpan Duration);
