namespace Understudy.Configuration;

/// <summary>The windows of the calendar, in UTC, over which money is counted.</summary>
public enum SpendWindow
{
    /// <summary>A minute of the clock.</summary>
    Minute,

    /// <summary>An hour of the clock.</summary>
    Hour,

    /// <summary>A day, from midnight UTC.</summary>
    Day,

    /// <summary>A calendar month, from midnight UTC of its first day.</summary>
    Month,
}

/// <summary>The arithmetic of <see cref="SpendWindow"/>.</summary>
public static class SpendWindows
{
    /// <summary>All of them, the shortest first.</summary>
    public static IReadOnlyList<SpendWindow> All { get; } = [SpendWindow.Minute, SpendWindow.Hour, SpendWindow.Day, SpendWindow.Month];

    /// <summary>A number that grows by one whenever the window turns.</summary>
    public static long IndexOf(SpendWindow window, DateTimeOffset at) => window switch
    {
        SpendWindow.Minute => at.UtcTicks / TimeSpan.TicksPerMinute,
        SpendWindow.Hour => at.UtcTicks / TimeSpan.TicksPerHour,
        SpendWindow.Day => at.UtcTicks / TimeSpan.TicksPerDay,
        SpendWindow.Month => ((at.UtcDateTime.Year - 1) * 12L) + at.UtcDateTime.Month - 1,
    };

    /// <summary>When the window of that index begins.</summary>
    public static DateTimeOffset StartOf(SpendWindow window, long index) => window switch
    {
        SpendWindow.Minute => new(index * TimeSpan.TicksPerMinute, TimeSpan.Zero),
        SpendWindow.Hour => new(index * TimeSpan.TicksPerHour, TimeSpan.Zero),
        SpendWindow.Day => new(index * TimeSpan.TicksPerDay, TimeSpan.Zero),
        SpendWindow.Month => new((int)(index / 12) + 1, (int)(index % 12) + 1, 1, 0, 0, 0, TimeSpan.Zero),
    };

    /// <summary>As in "$5 an hour".</summary>
    public static string Words(SpendWindow window) => window switch
    {
        SpendWindow.Minute => "a minute",
        SpendWindow.Hour => "an hour",
        SpendWindow.Day => "a day",
        SpendWindow.Month => "a month",
    };
}
