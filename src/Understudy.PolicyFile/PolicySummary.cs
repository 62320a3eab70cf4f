using Understudy.Configuration;
using Understudy.PolicyFile.Explaining;
using Understudy.PolicyFile.Keys;
using Understudy.Spending;

namespace Understudy.PolicyFile;

/// <summary>The few lines that a gateway prints when it starts: what it will really do, not what was written.</summary>
public static class PolicySummary
{
    /// <summary>The lines; never a secret among them.</summary>
    public static IReadOnlyList<string> Lines(Policy policy)
    {
        var lines = new List<string>
        {
            $"policy: {policy.Source}; providers: {string.Join(", ", policy.Providers.Select(Provider))}",
        };
        lines.AddRange(policy.Routes.Select(route => Route(route, policy)));
        if (!policy.Kill.IsEmpty) lines.Add($"kill switch: {string.Join(", ", policy.Kill.Names)} never called");
        lines.Add(policy.Clients.Count == 0 ? "who may call: anyone on this machine, without a key" : $"who may call: {string.Join(", ", policy.Clients.Select(client => client.Name))}, each with its key");
        if (Budgets.Any(policy)) lines.Add($"budgets: {string.Join("; ", SetBudgets.Of(policy).Select(one => $"{one.Kind.Word()} {one.Name} {one.Budget}"))}; what is beyond is not sent");
        if (policy.Operators.Count > 0) lines.Add($"operators: {string.Join(", ", policy.Operators.Select(one => $"{one.Name} ({one.Role.Word()})"))}");
        else if (policy.AdminToken is null) lines.Add("admin API: off (set UNDERSTUDY_ADMIN_TOKEN)");
        if (policy.Alarms.Receivers.Count > 0) lines.Add($"alarms: told to {string.Join(", ", policy.Alarms.Receivers)}");
        return lines;
    }

    private static string Provider(ProviderModel provider) =>
        provider.BaseUrl == Reading.Vendor.Of(provider.Protocol).BaseUrl ? provider.Name : $"{provider.Name} at {provider.BaseUrl}";

    private static string Route(RouteModel route, Policy policy)
    {
        var name = route.Match.Contains(route.Name) || route.Match.Count == 0 ? "" : $"{route.Name}: ";
        var match = route.Match.Count <= 2 ? string.Join(", ", route.Match) : $"{route.Match[0]} and {route.Match.Count - 1} more";
        var worst = WorstCase.Of(route, policy);
        var end = route.Ladder.Any(rung => rung is NoticeRung) ? "the notice" : "an honest error";
        var bounds = worst.Attempts == 0
            ? $"no target may be called: {end} at once"
            : $"at most {worst.Attempts} attempt{(worst.Attempts == 1 ? "" : "s")}, first word or {end} within {LadderText.Bound(worst.FirstWord)}{Person(route)}, all of it within {DurationText.Write(route.UseCase.Deadline + Waits(route))}";
        return $"{name}{match}: {LadderText.Of(route.Ladder)}; {bounds}";
    }

    private static string Person(RouteModel route) => Waits(route) is { Ticks: > 0 } waits ? $" where no person is asked, else {DurationText.Write(waits)} later" : "";

    private static TimeSpan Waits(RouteModel route) => route.Ladder.OfType<HumanRung>().Aggregate(TimeSpan.Zero, (sum, rung) => sum + rung.Wait);
}
