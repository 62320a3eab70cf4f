using System.Globalization;
using Understudy.Configuration;

namespace Understudy.Drills.Tests.Machine;

/// <summary>Plans in a person's words.</summary>
internal static class Said
{
    /// <summary>A policy, as far as the machine draws it.</summary>
    public static string Of(Policy policy)
    {
        var lines = new List<string> { "policy" };
        foreach (var route in policy.Routes) lines.Add($"    {string.Join(", ", route.Match)}: {string.Join(" → ", route.Ladder.Select(Of))}; {Of(route)}");
        lines.Add(string.Create(CultureInfo.InvariantCulture, $"    retry: {policy.Retry.AttemptsPerTarget} a target, {policy.Retry.BaseDelay.TotalSeconds} to {policy.Retry.MaxDelay.TotalSeconds} s, budget {policy.Retry.BudgetRatio} and {policy.Retry.BudgetFloorPerSecond} a second; grace {policy.Join.Grace.TotalSeconds} s; leave below {policy.Quotas.LeaveBelow}"));
        lines.Add($"    {policy.Breaker}");
        foreach (var (name, budget) in policy.ProviderBudgets) lines.Add($"    provider {name}: {budget}");
        foreach (var client in policy.Clients.Where(client => client.Budget is not null)) lines.Add($"    client {client.Name}: {client.Budget}");
        if (!policy.Kill.IsEmpty) lines.Add($"    killed: {string.Join(", ", policy.Kill.Names)}");
        return string.Join('\n', lines);
    }

    /// <summary>A plan.</summary>
    public static string Of(MachinePlan plan)
    {
        var lines = new List<string> { Of(plan.Policy) };
        lines.AddRange(plan.Providers.Where(provider => provider.QuotaPerMinute is not null).Select(provider => $"    {provider.Name} allows {provider.QuotaPerMinute} tokens a minute"));
        lines.AddRange(plan.Outages.Select(one => $"outage {one.Number}: {one.Outage}"));
        lines.AddRange(plan.Acts.Select(one => $"act {one.Number}: {one.Act}"));
        lines.AddRange(plan.Crashes.Select(one => $"crash {one.Number}: {one.Crash}"));
        lines.AddRange(plan.Wishes.Select(one => $"wish {one.Number}: {one.Wish}"));
        return string.Join('\n', lines);
    }

    private static string Of(RouteModel route)
    {
        var words = new List<string>
        {
            string.Create(CultureInfo.InvariantCulture, $"{route.UseCase.Name}: deadline {route.UseCase.Deadline.TotalSeconds} s, first {route.UseCase.FirstToken.TotalSeconds} s, idle {route.UseCase.Idle.TotalSeconds} s"),
            $"{route.MaxAttempts} attempts",
        };
        if (route.Budget is { } budget) words.Add($"budget {budget}");
        if (route.Join is not null) words.Add("no joining");
        if (route.Share != ShareRule.Never) words.Add(route.ShareAcrossClients ? "shared by all" : "shared");
        if (route.Hedge is { } hedge) words.Add(string.Create(CultureInfo.InvariantCulture, $"hedge after {(hedge.After is { } after ? $"{after.TotalSeconds} s" : $"quantile {hedge.Quantile}")}, share {hedge.Share}{(hedge.SameTarget ? ", same target" : "")}"));
        return string.Join("; ", words);
    }

    private static string Of(RungModel rung) => rung switch
    {
        TargetRung { Targets: [var one] } single => $"{one}{(single.Degraded ? " (degraded)" : "")}",
        TargetRung several => $"{several.Pick} of {string.Join(", ", several.Targets)}{(several.Degraded ? " (degraded)" : "")}",
        CacheRung cache => string.Create(CultureInfo.InvariantCulture, $"cache ({cache.MaxStale.TotalSeconds} s{(cache.Fresh is { } fresh ? $", fresh {fresh.TotalSeconds} s" : "")})"),
        HumanRung human => string.Create(CultureInfo.InvariantCulture, $"a person ({human.Wait.TotalSeconds} s, {human.MaxWaiting} waiting)"),
        DeferRung defer => string.Create(CultureInfo.InvariantCulture, $"later (kept {defer.Keep.TotalSeconds} s{(defer.Deadline is { } deadline ? $", done within {deadline.TotalSeconds} s" : "")})"),
        NoticeRung => "notice",
        _ => rung.GetType().Name,
    };
}
