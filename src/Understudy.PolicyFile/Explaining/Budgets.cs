using Understudy.Configuration;
using Understudy.Spending;

namespace Understudy.PolicyFile.Explaining;

/// <summary>The budgets of a policy, and what they cannot hold.</summary>
internal static class Budgets
{
    /// <summary>Whether any is set.</summary>
    public static bool Any(Policy policy) => SetBudgets.Of(policy).Any();

    /// <summary>The targets that are named in a ladder and whose price nobody knows.</summary>
    public static IReadOnlyList<string> Unpriced(Policy policy) =>
    [
        .. Targets(policy).Where(target => policy.Prices.Find(target.Provider, target.Model!) is null).Select(target => target.ToString()).Distinct(StringComparer.Ordinal),
    ];

    /// <summary>The targets that are named in a ladder with their model.</summary>
    public static IEnumerable<TargetModel> Targets(Policy policy) =>
        policy.Routes.SelectMany(route => route.Ladder).OfType<TargetRung>().SelectMany(rung => rung.Targets).Where(target => target.Model is not null);
}
