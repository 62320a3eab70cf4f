using Understudy.Configuration;

namespace Understudy.Spending;

/// <summary>What one account has spent in the window that is running.</summary>
/// <param name="Kind">Whose account it is.</param>
/// <param name="Name">Its name.</param>
/// <param name="Window">Which window.</param>
/// <param name="From">When the window began.</param>
/// <param name="Spent">Settled, by what providers told or by estimate.</param>
/// <param name="Reserved">Reserved for attempts in flight.</param>
/// <param name="Wasted">Of <paramref name="Spent"/>, what brought nobody an answer.</param>
/// <param name="OfRetries">Of <paramref name="Spent"/>, what attempts after a call's first cost.</param>
/// <param name="Unpriced">Attempts whose price nobody knows: they are in none of these sums.</param>
public sealed record AccountTotals(
    AccountKind Kind, string Name, SpendWindow Window, DateTimeOffset From, Usd Spent, Usd Reserved, Usd Wasted, Usd OfRetries, long Unpriced);
