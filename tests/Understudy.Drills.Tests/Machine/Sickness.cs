using Understudy.Drills.Scenarios;

namespace Understudy.Drills.Tests.Machine;

/// <summary>Makes one scenario of all outages that hit a provider: where two are at once, the later one counts.</summary>
internal static class Sickness
{
    /// <summary>The scenario; null where the provider stays well.</summary>
    public static Scenario? Of(MachinePlan plan, ProviderPlan provider)
    {
        var own = plan.Outages.Select(one => one.Outage).Where(outage => outage.Providers.Contains(provider.Name)).ToList();
        if (own.Count == 0) return null;
        var borders = own.SelectMany(outage => (TimeSpan[])[outage.From, outage.To]).Append(TimeSpan.Zero).Distinct().Order().ToList();
        var phases = borders.Zip(borders.Skip(1)).Select(pair => Phase(pair.First, pair.Second, own.LastOrDefault(outage => outage.From <= pair.First && outage.To >= pair.Second))).ToList();
        return new()
        {
            Id = provider.Name,
            Title = "drawn",
            Why = "to see",
            Provider = "any",
            Phases = phases,
            SlowFactor = provider.SlowFactor,
            Silence = (5, 90),
        };
    }

    private static ScenarioPhase Phase(TimeSpan from, TimeSpan to, Outage? outage)
    {
        var mix = outage is null || outage.Model is not null ? Mix.Well : outage.Mix;
        return new()
        {
            Name = "drawn",
            FromMinute = from.TotalMinutes,
            ToMinute = to.TotalMinutes,
            Start = mix,
            End = mix,
            Moves = false,
            Evidence = "assumed",
            PerModel = outage is { Model: { } model } ? [(model, outage.Mix)] : [],
            Capacity = outage?.Capacity,
        };
    }
}
