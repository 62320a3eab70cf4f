namespace Understudy.Observation;

/// <summary>Why what an attempt cost brought nobody an answer: the label <c>reason</c> of <c>understudy_wasted_tokens_total</c>.</summary>
public enum WasteReason
{
    /// <summary>It was not wasted: an answer came of it, or it cost nothing.</summary>
    None,

    /// <summary>Nothing came until the first-token clock ran out.</summary>
    Hang,

    /// <summary>The stream fell silent.</summary>
    Stall,

    /// <summary>The connection broke, or the answer ended before its end.</summary>
    Cut,

    /// <summary>The call's deadline passed.</summary>
    TimedOut,

    /// <summary>The client hung up.</summary>
    ClientLeft,

    /// <summary>Another copy of the same call was faster.</summary>
    HedgeLost,

    /// <summary>What came was no answer and had to be asked for again: garbage, nothing, an error inside, a continuation that did not continue.</summary>
    Retry,

    /// <summary>The same call was already in flight, and both were paid.</summary>
    Duplicate,
}

/// <summary>The words of <see cref="WasteReason"/> as metrics have them.</summary>
public static class WasteWords
{
    /// <summary>In lower case with underscores; <c>none</c> for what was not wasted.</summary>
    public static string Of(WasteReason reason) => reason switch
    {
        WasteReason.None => "none",
        WasteReason.Hang => "hang",
        WasteReason.Stall => "stall",
        WasteReason.Cut => "cut",
        WasteReason.TimedOut => "timed_out",
        WasteReason.ClientLeft => "client_left",
        WasteReason.HedgeLost => "hedge_lost",
        WasteReason.Retry => "retry",
        WasteReason.Duplicate => "duplicate",
    };
}
