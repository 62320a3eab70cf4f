using System.Globalization;

namespace Understudy.ControlRoom.View;

/// <summary>Numbers and times as people read them.</summary>
internal static class Show
{
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    public static string Count(long number) => number.ToString("#,0", Plain);

    public static string Rate(double perSecond) => perSecond switch
    {
        0 => "0",
        < 0.095 => string.Create(Plain, $"{perSecond * 60:0.#} a minute"),
        < 10 => perSecond.ToString("0.0", Plain),
        _ => perSecond.ToString("#,0", Plain),
    };

    /// <summary>A rate with its unit.</summary>
    public static string PerSecond(double perSecond) => perSecond is > 0 and < 0.095 ? Rate(perSecond) : $"{Rate(perSecond)}/s";

    /// <summary>A share in percent, that never says all where it was not all.</summary>
    public static string Share(double share) => share switch
    {
        1 => "100 %",
        > 0.9995 => "99.9 %",
        > 0.99 => (Math.Floor(share * 1000) / 10).ToString("0.0 '%'", Plain),
        0 => "0 %",
        < 0.01 => "< 1 %",
        _ => (Math.Floor(share * 100)).ToString("0 '%'", Plain),
    };

    public static string Money(decimal dollars) => dollars switch
    {
        0 => "$0",
        < 0.01m => dollars.ToString("$0.0000", Plain),
        < 100 => dollars.ToString("$0.00", Plain),
        _ => dollars.ToString("$#,0", Plain),
    };

    public static string Span(TimeSpan span) => span.TotalSeconds switch
    {
        < 0 => "0 s",
        < 0.0995 => string.Create(Plain, $"{span.TotalMilliseconds:0} ms"),
        < 10 => string.Create(Plain, $"{span.TotalSeconds:0.0} s"),
        < 90 => string.Create(Plain, $"{span.TotalSeconds:0} s"),
        < 5400 => string.Create(Plain, $"{span.TotalMinutes:0} min"),
        < 129_600 => string.Create(Plain, $"{span.TotalHours:0} h"),
        _ => string.Create(Plain, $"{span.TotalDays:0} days"),
    };

    /// <summary>A time of day where the viewer is.</summary>
    public static string Clock(DateTimeOffset at, TimeSpan offset) => at.ToOffset(offset).ToString("HH:mm:ss", Plain);

    /// <summary>The same to the minute.</summary>
    public static string ShortClock(DateTimeOffset at, TimeSpan offset) => at.ToOffset(offset).ToString("HH:mm", Plain);

    /// <summary>Several names as one.</summary>
    public static string Names(IReadOnlyList<string> names) => names.Count switch
    {
        0 => "nobody",
        1 => names[0],
        2 => $"{names[0]} and {names[1]}",
        _ => $"{names[0]}, {names[1]} and {names.Count - 2} more",
    };

    public static string Number(double number) => number.ToString("0.##", Plain);
}
