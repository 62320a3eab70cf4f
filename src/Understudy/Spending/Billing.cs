using Understudy.Failures;
using Understudy.Observation;
using Understudy.Wires;

namespace Understudy.Spending;

/// <summary>What the provider's meter says of an attempt, as far as it is known.</summary>
public enum BilledAs
{
    /// <summary>It is never billed.</summary>
    Nothing,

    /// <summary>The tokens that the provider told of; what it did not tell is estimated.</summary>
    AsTold,

    /// <summary>
    /// Given up or broken: what was told so far is not all. The question in full, and an answer of the usual length,
    /// until the provider says otherwise.
    /// </summary>
    AsIfWhole,
}

/// <summary>
/// Who is billed for what: the one table, with its sources. Where vendors differ or say nothing, the dearer reading
/// counts: a cap that trusts in luck is none.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>Anthropic's support page (support.claude.com/en/articles/8114526): failed requests are in general not charged;
/// a client that disconnects or times out in the middle of a call that was on track to succeed is.</item>
/// <item>Gemini API (billing pages of ai.google.dev): a 400 or 500 is not charged, though it counts against the quota;
/// OpenRouter's list of cancellations says that generation at Google, Bedrock, Groq and Mistral runs on after a
/// disconnect and is billed whole; at OpenAI, Azure and Anthropic it stops.</item>
/// <item>OpenAI documents neither; its usage chunk is missing from a stream that is cut.</item>
/// <item>Azure OpenAI charges a 400 of its content filter and a 408, for work was done. Not modelled: no answer tells
/// these apart from what is free everywhere else.</item>
/// <item>No vendor has idempotency keys for inference: each attempt is a bill of its own.</item>
/// </list>
/// </remarks>
public static class Billing
{
    /// <summary>How an attempt is billed that was sent.</summary>
    /// <param name="failure">How it failed; null where it was answered.</param>
    public static BilledAs Of(FailureKind? failure) => failure is { } kind ? Of(kind) : BilledAs.AsTold;

    private static BilledAs Of(FailureKind failure) => failure switch
    {
        // Never sent.
        FailureKind.TargetNotAble or FailureKind.BreakerOpen or FailureKind.Killed or FailureKind.Saturated
            or FailureKind.Recovering or FailureKind.BudgetSpent or FailureKind.ProviderBudgetSpent or FailureKind.QuotaLow or FailureKind.Dropped => BilledAs.Nothing,

        // The provider saw nothing of it.
        FailureKind.ConnectFailed or FailureKind.ConnectTimeout => BilledAs.Nothing,

        // Refused at the status line, or in the first words of a 200: "failed requests are not charged".
        FailureKind.BadRequest or FailureKind.TranslationRefused or FailureKind.RateLimited or FailureKind.QuotaExhausted
            or FailureKind.Overloaded or FailureKind.ProviderError or FailureKind.KeyRejected or FailureKind.FalseRefusal or FailureKind.Redirected => BilledAs.Nothing,

        // A whole 200 without a word in it: the provider counted it like any other answer.
        FailureKind.EmptyAnswer => BilledAs.AsTold,

        // Given up by us or by the client while the provider was at it.
        FailureKind.FirstTokenTimeout or FailureKind.Stalled or FailureKind.DeadlineSpent or FailureKind.ClientLeft or FailureKind.HedgeLost or FailureKind.BrokenOff => BilledAs.AsIfWhole,

        // Broken off after the request had gone out: how far the provider came, and whether it goes on, nobody knows.
        FailureKind.ConnectionReset or FailureKind.ConnectionStale or FailureKind.CutShort or FailureKind.ErrorInStream
            or FailureKind.Garbage or FailureKind.NotContinued => BilledAs.AsIfWhole,
    };

    /// <summary>Why the cost of an attempt was wasted that failed so.</summary>
    public static WasteReason WasteOf(FailureKind failure) => failure switch
    {
        FailureKind.FirstTokenTimeout or FailureKind.ConnectTimeout => WasteReason.Hang,
        FailureKind.Stalled => WasteReason.Stall,
        FailureKind.CutShort or FailureKind.ConnectionReset or FailureKind.ConnectionStale or FailureKind.ConnectFailed => WasteReason.Cut,
        FailureKind.DeadlineSpent => WasteReason.TimedOut,
        FailureKind.ClientLeft => WasteReason.ClientLeft,
        FailureKind.HedgeLost => WasteReason.HedgeLost,
        FailureKind.EmptyAnswer or FailureKind.ErrorInStream or FailureKind.Garbage or FailureKind.NotContinued
            or FailureKind.BadRequest or FailureKind.TranslationRefused or FailureKind.TargetNotAble or FailureKind.BreakerOpen
            or FailureKind.Killed or FailureKind.Saturated or FailureKind.BudgetSpent
            or FailureKind.ProviderBudgetSpent or FailureKind.QuotaLow or FailureKind.RateLimited or FailureKind.QuotaExhausted
            or FailureKind.Overloaded or FailureKind.ProviderError or FailureKind.KeyRejected or FailureKind.FalseRefusal or FailureKind.Recovering or FailureKind.BrokenOff or FailureKind.Dropped or FailureKind.Redirected => WasteReason.Retry,
    };

    /// <summary>The tokens that an attempt is charged with.</summary>
    /// <param name="failure">How it failed; null where it was answered.</param>
    /// <param name="told">Tokens that the provider told of.</param>
    /// <param name="seen">Tokens of the answer that came, by our own count.</param>
    /// <param name="allowed">What was reserved.</param>
    /// <param name="estimated">Whether some of them are estimated.</param>
    public static Usage TokensOf(FailureKind? failure, in Usage told, long seen, TokenEstimate allowed, out bool estimated)
    {
        var billed = Of(failure);
        estimated = billed != BilledAs.Nothing && (billed == BilledAs.AsIfWhole || told.IsUnknown);
        return billed switch
        {
            BilledAs.Nothing => default,
            BilledAs.AsTold when !told.IsUnknown => told,
            // An answer of which nothing was told: OpenAI's streams, unless the client asks for usage.
            BilledAs.AsTold => allowed.Usage with { Output = seen },
            BilledAs.AsIfWhole => Question(told, allowed) with { Output = Math.Max(Math.Max(told.Output, seen), allowed.Output) },
        };
    }

    private static Usage Question(in Usage told, TokenEstimate allowed) => told.Input > 0 ? told : allowed.Usage;
}
