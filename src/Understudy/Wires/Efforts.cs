namespace Understudy.Wires;

/// <summary>The words for reasoning effort, which the vendors share, and what a model makes of them.</summary>
internal static class Efforts
{
    /// <summary>An unknown word is a wish for more than we know.</summary>
    public static ReasoningEffort? Read(string word) => word switch
    {
        "none" => ReasoningEffort.None,
        "minimal" => ReasoningEffort.Minimal,
        "low" => ReasoningEffort.Low,
        "medium" => ReasoningEffort.Medium,
        "high" => ReasoningEffort.High,
        "xhigh" => ReasoningEffort.XHigh,
        "max" => ReasoningEffort.Max,
        _ => null,
    };

    public static string Word(ReasoningEffort effort) => effort switch
    {
        ReasoningEffort.None => "none",
        ReasoningEffort.Minimal => "minimal",
        ReasoningEffort.Low => "low",
        ReasoningEffort.Medium => "medium",
        ReasoningEffort.High => "high",
        ReasoningEffort.XHigh => "xhigh",
        ReasoningEffort.Max => "max",
    };

    /// <summary>The nearest effort that the target has a word for.</summary>
    public static ReasoningEffort For(ReasoningEffort wish, TargetProfile profile)
    {
        if (wish < profile.LowestEffort) return profile.LowestEffort;
        if (wish > profile.HighestEffort) return profile.HighestEffort;
        // Models that can be switched off have no "minimal".
        return wish == ReasoningEffort.Minimal && profile.LowestEffort == ReasoningEffort.None ? ReasoningEffort.Low : wish;
    }

    /// <summary>A budget for a model that wants tokens: the shares are those of the Vercel SDK. Null where too few tokens are left to think.</summary>
    public static long? Budget(ReasoningWish wish, long maxOutput)
    {
        var share = wish.EffortOrEquivalent switch
        {
            ReasoningEffort.None => 0,
            ReasoningEffort.Minimal => 0.02,
            ReasoningEffort.Low => 0.1,
            ReasoningEffort.Medium => 0.3,
            ReasoningEffort.High => 0.6,
            ReasoningEffort.XHigh or ReasoningEffort.Max => 0.9,
        };
        if (share == 0 || maxOutput <= LeastBudget) return null;
        return Math.Clamp(wish.Budget ?? (long)(maxOutput * share), LeastBudget, maxOutput - 1);
    }

    /// <summary>Anthropic's least budget.</summary>
    private const long LeastBudget = 1024;
}
