using Understudy.Configuration;
using Understudy.PolicyFile.Keys;

namespace Understudy.PolicyFile.Explaining;

/// <summary>Rungs in a few words.</summary>
internal static class LadderText
{
    public static string Of(IReadOnlyList<RungModel> ladder) => string.Join(" → ", ladder.Select(Of));

    public static string Of(RungModel rung) => rung switch
    {
        TargetRung targets => string.Join(" | ", targets.Targets) + Pick(targets) + (targets.Degraded ? " (degraded)" : ""),
        CacheRung cache => $"cache (at most {DurationText.Write(cache.MaxStale)} old{(cache.Fresh is { } fresh ? $"; at once up to {DurationText.Write(fresh)}" : "")}{(cache.Shared ? "; shared" : "")})",
        HumanRung human => $"human ({human.Inbox}, waits {DurationText.Write(human.Wait)})",
        DeferRung defer => $"defer ({DurationText.Write(defer.Keep)})",
        NoticeRung => "notice",
        _ => rung.GetType().Name,
    };

    /// <summary>Whether this version answers from the rung.</summary>
    public static bool IsServed(RungModel rung) => rung is TargetRung or CacheRung or HumanRung or DeferRung or NoticeRung;

    /// <summary>A duration rounded up to whole seconds: a bound must not be rounded below itself.</summary>
    public static string Bound(TimeSpan duration) => duration < TimeSpan.FromSeconds(1)
        ? DurationText.Write(duration)
        : duration.TotalSeconds <= 120 ? $"{(int)Math.Ceiling(duration.TotalSeconds)} s" : DurationText.Write(TimeSpan.FromSeconds(Math.Ceiling(duration.TotalSeconds)));

    private static string Pick(TargetRung rung) => rung.Targets.Count < 2 ? "" : rung.Pick switch
    {
        PickRule.InOrder => "",
        PickRule.Cheapest => " [cheapest]",
        PickRule.Fastest => " [fastest]",
        PickRule.Weighted => " [weighted]",
    };
}
