using Understudy.Configuration;

namespace Understudy.Spending;

/// <summary>Whom an attempt is charged to, and what each may spend.</summary>
/// <param name="Client">The client's name; null for a caller without a key.</param>
/// <param name="ClientBudget">Its caps.</param>
/// <param name="Route">The route's name.</param>
/// <param name="RouteBudget">Its caps.</param>
/// <param name="Provider">The provider's name.</param>
/// <param name="ProviderBudget">Its caps.</param>
/// <param name="Target"><c>provider/model</c>.</param>
public readonly record struct Payers(
    string? Client, BudgetModel? ClientBudget, string Route, BudgetModel? RouteBudget, string Provider, BudgetModel? ProviderBudget, string Target);
