namespace Understudy.Configuration;

/// <summary>When one rule fires, and when it is over. What a field means, and which are used, depends on the rule.</summary>
public sealed record AlarmRuleModel
{
    /// <summary>Whether it is watched at all. Default true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>How bad it is.</summary>
    public required AlarmSeverity Severity { get; init; }

    /// <summary>
    /// The limit: a share from 0 to 1; for <see cref="AlarmRule.SpendRate"/> a multiple of the plan, for
    /// <see cref="AlarmRule.QuotaLow"/> the share that is left and fires below it, for <see cref="AlarmRule.BreakerFlapping"/>
    /// a number of openings, for <see cref="AlarmRule.DeferredAge"/> seconds.
    /// </summary>
    public double Limit { get; init; }

    /// <summary>What it has to come back to before it is over (hysteresis), in the unit of <see cref="Limit"/>.</summary>
    public double Clear { get; init; }

    /// <summary>The window that is counted.</summary>
    public TimeSpan Over { get; init; }

    /// <summary>How long it has to be so before it fires. Zero for at once.</summary>
    public TimeSpan For { get; init; }

    /// <summary>How long it has to be well again before it is over.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Calls, or requests, in the window below which it says nothing: one failure of two at night is no outage.</summary>
    public int MinCalls { get; init; }

    /// <summary>For the burn rates: by how much faster than allowed the error budget burns, the shorter windows first.</summary>
    public IReadOnlyList<double> Factors { get; init; } = [];

    /// <summary>For <see cref="AlarmRule.SpendRate"/>: what all calls together are planned to cost in an hour; null for budgets alone.</summary>
    public Usd? PlanPerHour { get; init; }

    /// <summary>How a rule is set where the policy says nothing.</summary>
    public static AlarmRuleModel Default(AlarmRule rule) => rule switch
    {
        AlarmRule.ErrorRate => new() { Severity = AlarmSeverity.Critical, Limit = 0.05, Clear = 0.025, Over = Minutes(5), MinCalls = 20 },
        AlarmRule.ProviderUnavailable => new() { Severity = AlarmSeverity.Critical, For = Minutes(1), Hold = Minutes(2) },
        AlarmRule.BurnFast => new() { Severity = AlarmSeverity.Critical, Factors = [14.4, 6], MinCalls = 100 },
        AlarmRule.BurnSlow => new() { Severity = AlarmSeverity.Warning, Factors = [3, 1], MinCalls = 1000, Hold = Minutes(10) },
        AlarmRule.FallbackShare => new() { Severity = AlarmSeverity.Warning, Limit = 0.2, Clear = 0.1, Over = Minutes(10), For = Minutes(5), MinCalls = 20 },
        AlarmRule.SpendRate => new() { Severity = AlarmSeverity.Warning, Limit = 1.5, Clear = 1.1, Over = Minutes(60), For = Minutes(5), MinCalls = 20 },
        AlarmRule.QuotaLow => new() { Severity = AlarmSeverity.Warning, Limit = 0.1, Clear = 0.2, Over = Minutes(5), For = Minutes(1) },
        AlarmRule.StallRate => new() { Severity = AlarmSeverity.Warning, Limit = 0.05, Clear = 0.025, Over = Minutes(10), For = Minutes(1), MinCalls = 20 },
        AlarmRule.BreakerFlapping => new() { Severity = AlarmSeverity.Warning, Limit = 3, Over = Minutes(30) },
        AlarmRule.KeyRefused => new() { Severity = AlarmSeverity.Critical, Over = Minutes(5) },
        AlarmRule.StoreLost => new() { Severity = AlarmSeverity.Critical, For = TimeSpan.FromSeconds(10) },
        AlarmRule.DeferredAge => new() { Severity = AlarmSeverity.Warning, Limit = 3600, Clear = 1800 },
        AlarmRule.DrillFailed => new() { Severity = AlarmSeverity.Warning, Hold = TimeSpan.Zero },
        AlarmRule.ReceiverDead => new() { Severity = AlarmSeverity.Critical, Hold = TimeSpan.Zero },
    };

    private static TimeSpan Minutes(double minutes) => TimeSpan.FromMinutes(minutes);
}
