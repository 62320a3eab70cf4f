using System.Globalization;

namespace Understudy.Drills.Reporting;

/// <summary>Numbers as people read them, the same in every culture.</summary>
internal static class Say
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    /// <summary>How long it took until somebody was told; <c>n/a</c> for a strategy without alarms.</summary>
    public static string Alarm(StrategyPart one) => one.AlarmsTold is null ? "n/a" : one.MinutesToAlarm is { } alarm ? Minutes(alarm) : "never";

    /// <summary>How long it took until calls were kept from the sick target.</summary>
    public static string Detected(StrategyPart one) => one.MinutesToDetect is { } detect ? Minutes(detect) : "never";

    /// <summary>The same from when the provider was truly ill.</summary>
    public static string DetectedSinceIll(StrategyPart one) => one.MinutesToDetectSinceIll switch
    {
        null => one.MinutesToDetect is null ? "never" : "n/a",
        < 0 => "before",
        { } detect => Minutes(detect),
    };

    /// <summary>What each rung gave: its name, the calls, and what came of them.</summary>
    public static IEnumerable<(string Rung, int Calls, string What)> Rungs(RungsPart rungs)
    {
        yield return ("models", rungs.Models, "");
        yield return ("cache", rungs.Stale, "an answer of before, marked as such");
        yield return ("human", rungs.Person, "a person's answer");
        yield return ("defer", rungs.Deferred, rungs.Deferred == 0 ? "" : $"{Count(rungs.DeferredDone)} done before their deadline{(rungs.LaterMinutesP50 is { } p50 ? $", {Minutes(p50)} later in the median, p99 {Minutes(rungs.LaterMinutesP99!.Value)}" : "")}; {Count(rungs.DeferredExpired)} overdue, {Count(rungs.DeferredFailed)} failed, {Count(rungs.DeferredWaiting)} still waiting");
        yield return ("notice", rungs.Notices, "an honest word");
        yield return ("none", rungs.Failed, "an error, or half an answer");
    }

    /// <summary>What clients were told who got no whole answer.</summary>
    public static string Told(StrategyPart one) => string.Join(", ", one.Told.Select(told => $"{Count(told.Calls)} {(told.Status == 0 ? "no status" : told.Status.ToString(Culture))}"));

    public static string Count(long number) => number.ToString("N0", Culture);

    /// <summary>A share as per cent; what is more than nothing never reads as nothing, and what is less than all never as all.</summary>
    public static string Percent(double share) => share switch
    {
        0 => "0 %",
        1 => "100 %",
        < 0.0001 => "< 0.01 %",
        < 0.01 => (100 * share).ToString("0.00", Culture) + " %",
        > 0.9999 => "> 99.99 %",
        > 0.99 => (100 * share).ToString("0.00", Culture) + " %",
        _ => (100 * share).ToString("0.0", Culture) + " %",
    };

    public static string Seconds(int milliseconds) => milliseconds switch
    {
        < 10_000 => (milliseconds / 1000.0).ToString("0.0", Culture) + " s",
        < 120_000 => (milliseconds / 1000.0).ToString("0", Culture) + " s",
        _ => (milliseconds / 60_000.0).ToString("0", Culture) + " min",
    };

    /// <summary>A length of time given in minutes.</summary>
    public static string Minutes(double minutes) => minutes switch
    {
        0 => "0 s",
        < 2 => (60 * minutes).ToString("0", Culture) + " s",
        < 10 => minutes.ToString("0.0", Culture) + " min",
        < 180 => minutes.ToString("0", Culture) + " min",
        < 2880 => Math.Round(minutes) is var whole && whole % 60 == 0 ? $"{whole / 60:0} h" : $"{Math.Floor(whole / 60):0} h {whole % 60:0} min",
        _ => (minutes / 1440).ToString("0.#", Culture) + " days",
    };

    public static string Dollars(decimal dollars) => dollars switch
    {
        0 => "$0",
        < 100 => "$" + dollars.ToString("N2", Culture),
        _ => "$" + dollars.ToString("N0", Culture),
    };

    /// <summary>A number of a drawing: two decimals are a hundredth of a pixel.</summary>
    public static string Pixel(double number) => Math.Round(number, 2).ToString("0.##", Culture);
}
