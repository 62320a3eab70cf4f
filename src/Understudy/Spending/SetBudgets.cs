using Understudy.Configuration;

namespace Understudy.Spending;

/// <summary>The budgets that a policy sets, each with its owner.</summary>
public static class SetBudgets
{
    /// <summary>Those of clients, then of routes, then of providers.</summary>
    public static IEnumerable<(AccountKind Kind, string Name, BudgetModel Budget)> Of(Policy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return
        [
            .. policy.Clients.Where(client => client.Budget is not null).Select(client => (AccountKind.Client, client.Name, client.Budget!)),
            .. policy.Routes.Where(route => route.Budget is not null).Select(route => (AccountKind.Route, route.Name, route.Budget!)),
            .. policy.ProviderBudgets.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (AccountKind.Provider, pair.Key, pair.Value)),
        ];
    }
}
