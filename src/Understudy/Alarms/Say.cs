using System.Globalization;

namespace Understudy.Alarms;

/// <summary>Numbers as people read them in an alarm.</summary>
internal static class Say
{
    /// <summary>As in <c>5 %</c>, <c>0.12 %</c>.</summary>
    public static string Percent(double share) => share is > 0 and < 0.01
        ? string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.##} %")
        : string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#} %");

    /// <summary>As in <c>45 s</c>, <c>5 min</c>, <c>6 h</c>, <c>3 days</c>.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} s"),
        { TotalMinutes: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0.#} min"),
        { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalHours:0.#} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0.#} days"),
    };

    /// <summary>As in <c>14.4</c>.</summary>
    public static string Number(double number) => number.ToString("0.#", CultureInfo.InvariantCulture);
}
