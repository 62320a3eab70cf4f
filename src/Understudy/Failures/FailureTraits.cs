namespace Understudy.Failures;

/// <summary>Who caused a failure.</summary>
public enum FailureSide
{
    /// <summary>The caller.</summary>
    Client,

    /// <summary>The gateway, by its own limits or decisions.</summary>
    Us,

    /// <summary>The provider, or the way to it.</summary>
    Provider,
}

/// <summary>When in an attempt a failure happened.</summary>
public enum FailureStage
{
    /// <summary>Before anything was sent.</summary>
    BeforeSend,

    /// <summary>Connecting.</summary>
    Connect,

    /// <summary>Sent; no status line yet.</summary>
    BeforeHeaders,

    /// <summary>At the status line and headers.</summary>
    Headers,

    /// <summary>In the body.</summary>
    Body,
}

/// <summary>What follows from a <see cref="FailureKind"/>: the one place where it is decided.</summary>
/// <param name="Stage">When it happened.</param>
/// <param name="Side">Who caused it.</param>
/// <param name="RetryHere">Whether the same target may be tried again (after backing off).</param>
/// <param name="TryElsewhere">Whether another target may be tried.</param>
/// <param name="CountsAgainstTarget">Whether the target's breaker hears of it.</param>
/// <param name="MayBeBilled">Whether the provider may bill the attempt although nothing came of it: the request had gone out and was not refused.</param>
public readonly record struct FailureTraits(
    FailureStage Stage,
    FailureSide Side,
    bool RetryHere,
    bool TryElsewhere,
    bool CountsAgainstTarget,
    bool MayBeBilled)
{
    /// <summary>Whether the same target may be tried once more where there is nobody else to ask.</summary>
    public bool RetryAlone { get; init; }

    /// <summary>The traits of <paramref name="kind"/>.</summary>
    public static FailureTraits Of(FailureKind kind) => kind switch
    {
        FailureKind.ClientLeft => new(FailureStage.Body, FailureSide.Client, RetryHere: false, TryElsewhere: false, CountsAgainstTarget: false, MayBeBilled: true),
        FailureKind.BadRequest => new(FailureStage.Headers, FailureSide.Client, RetryHere: false, TryElsewhere: false, CountsAgainstTarget: false, MayBeBilled: false),

        FailureKind.TranslationRefused => new(FailureStage.Headers, FailureSide.Us, RetryHere: false, TryElsewhere: true, CountsAgainstTarget: false, MayBeBilled: false),
        FailureKind.TargetNotAble => new(FailureStage.BeforeSend, FailureSide.Us, RetryHere: false, TryElsewhere: true, CountsAgainstTarget: false, MayBeBilled: false),
        FailureKind.BreakerOpen => new(FailureStage.BeforeSend, FailureSide.Us, RetryHere: false, TryElsewhere: true, CountsAgainstTarget: false, MayBeBilled: false),
        FailureKind.Recovering => new(FailureStage.BeforeSend, FailureSide.Us, RetryHere: false, TryElsewhere: true, CountsAgainstTarget: false, MayBeBilled: false),
        FailureKind.Killed => new(FailureStage.BeforeSend, FailureSide.Us, RetryHere: false, TryElsewhere: true, CountsAgainstTarget: false, MayBeBilled: false),
        // Another target may be free, or cheap enough for what is left.
        FailureKind.BudgetSpent => new(FailureStage.BeforeSend, FailureSide.Us, RetryHere: false, TryElsewhere: true, CountsAgainstTarget: false, MayBeBilled: false),
        FailureKind.ProviderBudgetSpent => new(FailureStage.BeforeSend, FailureSide.Us, RetryHere: false, TryElsewhere: true, CountsAgainstTarget: false, MayBeBilled: false),
        FailureKind.QuotaLow => new(FailureStage.BeforeSend, FailureSide.Us, RetryHere: false, TryElsewhere: true, CountsAgainstTarget: false, MayBeBilled: false),
        FailureKind.BrokenOff => new(FailureStage.Body, FailureSide.Us, RetryHere: false, TryElsewhere: true, CountsAgainstTarget: false, MayBeBilled: true),
        FailureKind.DeadlineSpent => new(FailureStage.BeforeHeaders, FailureSide.Us, RetryHere: false, TryElsewhere: false, CountsAgainstTarget: false, MayBeBilled: true),
        FailureKind.Saturated => new(FailureStage.BeforeSend, FailureSide.Us, RetryHere: false, TryElsewhere: false, CountsAgainstTarget: false, MayBeBilled: false),
        // A person has decided: nobody else is asked behind his back.
        FailureKind.Dropped => new(FailureStage.BeforeSend, FailureSide.Us, RetryHere: false, TryElsewhere: false, CountsAgainstTarget: false, MayBeBilled: false),
        FailureKind.HedgeLost => new(FailureStage.BeforeHeaders, FailureSide.Us, RetryHere: false, TryElsewhere: true, CountsAgainstTarget: false, MayBeBilled: true),

        FailureKind.ConnectFailed => new(FailureStage.Connect, FailureSide.Provider, RetryHere: true, TryElsewhere: true, CountsAgainstTarget: true, MayBeBilled: false),
        FailureKind.ConnectTimeout => new(FailureStage.Connect, FailureSide.Provider, RetryHere: false, TryElsewhere: true, CountsAgainstTarget: true, MayBeBilled: false) { RetryAlone = true },
        FailureKind.ConnectionReset => new(FailureStage.BeforeHeaders, FailureSide.Provider, RetryHere: true, TryElsewhere: true, CountsAgainstTarget: true, MayBeBilled: true),
        FailureKind.ConnectionStale => new(FailureStage.BeforeHeaders, FailureSide.Us, RetryHere: true, TryElsewhere: true, CountsAgainstTarget: false, MayBeBilled: true),
        // A hang is the expensive failure: the provider may bill what nobody saw, so the same target is not asked twice.
        FailureKind.FirstTokenTimeout => new(FailureStage.BeforeHeaders, FailureSide.Provider, RetryHere: false, TryElsewhere: true, CountsAgainstTarget: true, MayBeBilled: true) { RetryAlone = true },

        FailureKind.RateLimited => new(FailureStage.Headers, FailureSide.Provider, RetryHere: true, TryElsewhere: true, CountsAgainstTarget: true, MayBeBilled: false),
        FailureKind.QuotaExhausted => new(FailureStage.Headers, FailureSide.Provider, RetryHere: false, TryElsewhere: true, CountsAgainstTarget: true, MayBeBilled: false),
        FailureKind.Overloaded => new(FailureStage.Headers, FailureSide.Provider, RetryHere: true, TryElsewhere: true, CountsAgainstTarget: true, MayBeBilled: false),
        FailureKind.ProviderError => new(FailureStage.Headers, FailureSide.Provider, RetryHere: true, TryElsewhere: true, CountsAgainstTarget: true, MayBeBilled: false),
        FailureKind.KeyRejected => new(FailureStage.Headers, FailureSide.Provider, RetryHere: false, TryElsewhere: true, CountsAgainstTarget: true, MayBeBilled: false),
        FailureKind.FalseRefusal => new(FailureStage.Headers, FailureSide.Provider, RetryHere: false, TryElsewhere: true, CountsAgainstTarget: true, MayBeBilled: false) { RetryAlone = true },
        FailureKind.Redirected => new(FailureStage.Headers, FailureSide.Provider, RetryHere: false, TryElsewhere: true, CountsAgainstTarget: true, MayBeBilled: false),

        FailureKind.Garbage => new(FailureStage.Body, FailureSide.Provider, RetryHere: true, TryElsewhere: true, CountsAgainstTarget: true, MayBeBilled: true),
        FailureKind.EmptyAnswer => new(FailureStage.Body, FailureSide.Provider, RetryHere: true, TryElsewhere: true, CountsAgainstTarget: true, MayBeBilled: true),
        FailureKind.ErrorInStream => new(FailureStage.Body, FailureSide.Provider, RetryHere: true, TryElsewhere: true, CountsAgainstTarget: true, MayBeBilled: true),
        FailureKind.Stalled => new(FailureStage.Body, FailureSide.Provider, RetryHere: false, TryElsewhere: true, CountsAgainstTarget: true, MayBeBilled: true) { RetryAlone = true },
        // It answered, only not as asked: no fault of its health.
        FailureKind.NotContinued => new(FailureStage.Body, FailureSide.Provider, RetryHere: false, TryElsewhere: true, CountsAgainstTarget: false, MayBeBilled: true),
        FailureKind.CutShort => new(FailureStage.Body, FailureSide.Provider, RetryHere: true, TryElsewhere: true, CountsAgainstTarget: true, MayBeBilled: true),
    };
}
