namespace Understudy.Configuration;

/// <summary>What one client, route or provider may cost. A cap that is null is not set.</summary>
public sealed record BudgetModel
{
    /// <summary>In a minute of the clock.</summary>
    public Usd? PerMinute { get; init; }

    /// <summary>In an hour of the clock.</summary>
    public Usd? PerHour { get; init; }

    /// <summary>In a day (UTC).</summary>
    public Usd? PerDay { get; init; }

    /// <summary>In a calendar month (UTC).</summary>
    public Usd? PerMonth { get; init; }

    /// <summary>The cap of one window; null where there is none.</summary>
    public Usd? Of(SpendWindow window) => window switch
    {
        SpendWindow.Minute => PerMinute,
        SpendWindow.Hour => PerHour,
        SpendWindow.Day => PerDay,
        SpendWindow.Month => PerMonth,
    };

    /// <summary>In words: <c>$5 an hour, $50 a day</c>.</summary>
    public override string ToString() =>
        string.Join(", ", SpendWindows.All.Where(window => Of(window) is not null).Select(window => $"{Of(window)} {SpendWindows.Words(window)}"));
}
