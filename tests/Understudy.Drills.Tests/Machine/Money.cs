using Understudy.Configuration;
using Understudy.Observation;
using Understudy.Spending;

namespace Understudy.Drills.Tests.Machine;

/// <summary>The ledger against the records: every attempt settled once, nothing reserved for nobody, no cap passed by more than estimates were wrong.</summary>
internal static class Money
{
    /// <summary>Checks the books of a process that has nothing under way.</summary>
    public static void Check(MachineWorld world, MachineHost host)
    {
        foreach (var totals in host.Engine.Ledger.Totals.Where(totals => totals.Reserved != Usd.Zero))
        {
            world.Broken("reservations", $"{totals.Reserved} is still reserved for {totals.Kind} {totals.Name} in its {totals.Window}");
        }

        var attempts = host.Records.SelectMany(record => record.Attempts.Where(attempt => attempt.Sent).Select(attempt => new Line(record, attempt))).ToList();
        var day = new VirtualTime().GetUtcNow();
        foreach (var totals in host.Engine.Ledger.Totals.Where(totals => totals.Window == SpendWindow.Month))
        {
            var sum = attempts.Where(line => line.Is(totals.Kind, totals.Name)).Aggregate(Usd.Zero, (all, line) => all + (line.Attempt.Cost ?? Usd.Zero));
            if (sum != totals.Spent) world.Broken("spend", $"{totals.Kind} {totals.Name} has spent {totals.Spent} by the ledger and {sum} by the records");
        }

        if (host.Policies.Count > 1) return; // caps came and went
        foreach (var (kind, name, budget) in Budgets(host.Policies[0]))
        {
            foreach (var window in SpendWindows.All.Where(window => budget.Of(window) is not null))
            {
                foreach (var turn in attempts.Where(line => line.Is(kind, name)).GroupBy(line => SpendWindows.IndexOf(window, day + TimeSpan.FromTicks(line.Attempt.Started))))
                {
                    var spent = turn.Aggregate(Usd.Zero, static (all, line) => all + (line.Attempt.Cost ?? Usd.Zero));
                    var excess = turn.Aggregate(Usd.Zero, static (all, line) => all + line.Excess);
                    if (spent > budget.Of(window)!.Value + excess) world.Broken("spend", $"{kind} {name} has spent {spent} in its {window}, with a cap of {budget.Of(window)} and estimates that were {excess} too low");
                }
            }
        }
    }

    private static IEnumerable<(AccountKind Kind, string Name, BudgetModel Budget)> Budgets(Policy policy)
    {
        foreach (var (name, budget) in policy.ProviderBudgets) yield return (AccountKind.Provider, name, budget);
        foreach (var route in policy.Routes.Where(route => route.Budget is not null)) yield return (AccountKind.Route, route.Name, route.Budget!);
        foreach (var client in policy.Clients.Where(client => client.Budget is not null)) yield return (AccountKind.Client, client.Name, client.Budget!);
    }

    /// <summary>An attempt of a call.</summary>
    private sealed record Line(CallRecord Record, AttemptRecord Attempt)
    {
        /// <summary>By how much it cost more than was reserved for it; what is free is held by no cap.</summary>
        public Usd Excess => Attempt.Cost is not { } cost ? Usd.Zero : Attempt.Reserved is not { } reserved ? cost : cost > reserved ? cost - reserved : Usd.Zero;

        public bool Is(AccountKind kind, string name) => name == kind switch
        {
            AccountKind.Client => Record.Client ?? Ledger.Anyone,
            AccountKind.Route => Record.Route,
            AccountKind.Provider => Attempt.Provider,
            AccountKind.Target => Attempt.Target,
        };
    }
}
