namespace Understudy.Configuration;

/// <summary>What wakes somebody: a closed set.</summary>
public enum AlarmRule
{
    /// <summary>Too many calls are not answered.</summary>
    ErrorRate,

    /// <summary>None of a provider's targets is called.</summary>
    ProviderUnavailable,

    /// <summary>A route's error budget burns so fast that it is gone within days.</summary>
    BurnFast,

    /// <summary>A route's error budget burns faster than it may, or just as fast.</summary>
    BurnSlow,

    /// <summary>Too many of a route's answers come from another than was meant.</summary>
    FallbackShare,

    /// <summary>Money is spent faster than planned.</summary>
    SpendRate,

    /// <summary>A provider's rate limit, or the account's money, is nearly gone.</summary>
    QuotaLow,

    /// <summary>Too many requests to a provider hang, fall silent or are cut.</summary>
    StallRate,

    /// <summary>A breaker opens again and again.</summary>
    BreakerFlapping,

    /// <summary>A provider refuses the gateway's own key.</summary>
    KeyRefused,

    /// <summary>The store takes nothing in.</summary>
    StoreLost,

    /// <summary>Work that was put off waits too long.</summary>
    DeferredAge,

    /// <summary>A drill shows that the policy would not survive an outage.</summary>
    DrillFailed,

    /// <summary>A receiver of alarms does not take them.</summary>
    ReceiverDead,
}

/// <summary>How bad it is.</summary>
public enum AlarmSeverity
{
    /// <summary>Somebody should look today.</summary>
    Warning,

    /// <summary>Somebody should look now.</summary>
    Critical,
}

/// <summary>The words of rules and severities, as the policy file, the admin API and messages have them.</summary>
public static class AlarmWords
{
    /// <summary>All rules, in the order of their importance.</summary>
    public static IReadOnlyList<AlarmRule> Rules { get; } = Enum.GetValues<AlarmRule>();

    /// <summary>As in <c>error_rate</c>.</summary>
    public static string Of(AlarmRule rule) => rule switch
    {
        AlarmRule.ErrorRate => "error_rate",
        AlarmRule.ProviderUnavailable => "provider_unavailable",
        AlarmRule.BurnFast => "burn_fast",
        AlarmRule.BurnSlow => "burn_slow",
        AlarmRule.FallbackShare => "fallback_share",
        AlarmRule.SpendRate => "spend_rate",
        AlarmRule.QuotaLow => "quota_low",
        AlarmRule.StallRate => "stall_rate",
        AlarmRule.BreakerFlapping => "breaker_flapping",
        AlarmRule.KeyRefused => "key_refused",
        AlarmRule.StoreLost => "store_lost",
        AlarmRule.DeferredAge => "deferred_age",
        AlarmRule.DrillFailed => "drill_failed",
        AlarmRule.ReceiverDead => "receiver_dead",
    };

    /// <summary>As in <c>critical</c>.</summary>
    public static string Of(AlarmSeverity severity) => severity switch
    {
        AlarmSeverity.Warning => "warning",
        AlarmSeverity.Critical => "critical",
    };
}
