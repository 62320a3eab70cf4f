using System.Collections.Concurrent;
using Understudy.Configuration;

namespace Understudy.Spending;

/// <summary>
/// Who has spent what, in the running minute, hour, day and month (UTC). An attempt reserves before it is sent and is
/// settled at its end, so that two calls can't both pay with the last dollar. Lives as long as the program, across reloads.
/// </summary>
/// <param name="time">The time.</param>
/// <remarks>
/// One lock for all accounts, held for the additions only: a reservation is a client's, a route's and a provider's at
/// once, and is made in all of them or in none. What must outlive the process goes out by <see cref="SpendKeeper"/> and comes
/// back by <see cref="Restore"/>.
/// </remarks>
public sealed class Ledger(TimeProvider time)
{
    /// <summary>The account of callers without a key.</summary>
    public const string Anyone = "(anyone)";

    /// <summary>The account of all targets beyond <see cref="MaxTargets"/>.</summary>
    public const string OtherTargets = "(others)";

    /// <summary>Clients choose model names; the targets that have an account of their own are bounded. Everything else is named by the policy.</summary>
    public const int MaxTargets = 1024;

    private readonly Lock _lock = new();
    private DateTimeOffset _latest;
    private readonly ConcurrentDictionary<string, Account> _clients = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Account> _routes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Account> _providers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Account> _targets = new(StringComparer.Ordinal);

    /// <summary>Sets money aside for an attempt that is about to be sent.</summary>
    /// <param name="payers">Whom it is charged to.</param>
    /// <param name="amount">The estimate; null where no price is known: it counts for nothing, and passes while no cap is spent.</param>
    /// <param name="tokens">The tokens that it is for.</param>
    /// <param name="spent">The cap that refuses it; null where it may be sent.</param>
    /// <returns>The reservation; null where a cap refuses it.</returns>
    public Reservation? TryReserve(in Payers payers, Usd? amount, TokenEstimate tokens, out SpentCap? spent)
    {
        var client = Of(AccountKind.Client, payers.Client ?? Anyone);
        var route = Of(AccountKind.Route, payers.Route);
        var provider = Of(AccountKind.Provider, payers.Provider);
        var target = Of(AccountKind.Target, payers.Target);
        DateTimeOffset now;
        lock (_lock)
        {
            now = Now_NeedsLock();
            spent = null;
            if (payers.ClientBudget is { } ofClient) spent = client.Refuses_NeedsLock(ofClient, amount, now);
            if (payers.RouteBudget is { } ofRoute) spent ??= route.Refuses_NeedsLock(ofRoute, amount, now);
            if (payers.ProviderBudget is { } ofProvider) spent ??= provider.Refuses_NeedsLock(ofProvider, amount, now);
            if (spent is not null) return null;

            client.Reserve_NeedsLock(amount ?? Usd.Zero, now);
            route.Reserve_NeedsLock(amount ?? Usd.Zero, now);
            provider.Reserve_NeedsLock(amount ?? Usd.Zero, now);
            target.Reserve_NeedsLock(amount ?? Usd.Zero, now);
        }

        return new(this, client, route, provider, target, amount, tokens, now);
    }

    /// <summary>The running windows of every account, at this moment.</summary>
    public IReadOnlyList<AccountTotals> Totals
    {
        get
        {
            var totals = new List<AccountTotals>();
            lock (_lock)
            {
                var now = Now_NeedsLock();
                foreach (var accounts in (ReadOnlySpan<ConcurrentDictionary<string, Account>>)[_clients, _routes, _providers, _targets])
                {
                    foreach (var (_, account) in accounts)
                    {
                        foreach (var window in SpendWindows.All) totals.Add(account.Totals_NeedsLock(window, now));
                    }
                }
            }

            return totals;
        }
    }

    /// <summary>One account's running window.</summary>
    public AccountTotals TotalsOf(AccountKind kind, string name, SpendWindow window)
    {
        var account = Of(kind, name);
        lock (_lock) return account.Totals_NeedsLock(window, Now_NeedsLock());
    }

    /// <summary>Adds what was spent before this process began. Reservations are not restored: what they were for is over. Windows that have turned are dropped.</summary>
    public void Restore(IEnumerable<AccountTotals> totals)
    {
        foreach (var one in totals)
        {
            var account = Of(one.Kind, one.Name);
            lock (_lock) account.Restore_NeedsLock(one, Now_NeedsLock());
        }
    }

    /// <summary>
    /// The running windows of accounts that have changed since they were last taken; the minute's is over before a process has
    /// started anew. Targets are not among them: no budget is theirs, and their names may be what a client made up.
    /// </summary>
    internal IReadOnlyList<AccountTotals> TakeChanged()
    {
        var changed = new List<AccountTotals>();
        foreach (var accounts in (ReadOnlySpan<ConcurrentDictionary<string, Account>>)[_clients, _routes, _providers])
        {
            foreach (var (_, account) in accounts)
            {
                if (!account.HasChanged) continue;
                // For each account anew: no call waits for the sums of a thousand others.
                lock (_lock)
                {
                    account.HasChanged = false;
                    var now = Now_NeedsLock();
                    for (var window = SpendWindow.Hour; window <= SpendWindow.Month; window++) changed.Add(account.Totals_NeedsLock(window, now));
                }
            }
        }

        return changed;
    }

    /// <summary>What was taken could not be kept.</summary>
    internal void ChangedStill(IReadOnlyList<AccountTotals> totals)
    {
        foreach (var one in totals) Of(one.Kind, one.Name).HasChanged = true;
    }

    internal bool Settle(Reservation reservation, in Settlement settlement)
    {
        lock (_lock)
        {
            if (reservation.IsSettled) return false;
            reservation.IsSettled = true;
            reservation.Client.Settle_NeedsLock(reservation.Amount, settlement, reservation.SentAt);
            reservation.Route.Settle_NeedsLock(reservation.Amount, settlement, reservation.SentAt);
            reservation.Provider.Settle_NeedsLock(reservation.Amount, settlement, reservation.SentAt);
            reservation.Target.Settle_NeedsLock(reservation.Amount, settlement, reservation.SentAt);
            return true;
        }
    }

    /// <summary>
    /// The time, never before one that was seen: a clock that is set back must not open a window that was closed, and a
    /// reservation must be found in the window in which it was made.
    /// </summary>
    private DateTimeOffset Now_NeedsLock()
    {
        var now = time.GetUtcNow();
        if (now > _latest) _latest = now;
        return _latest;
    }

    private Account Of(AccountKind kind, string name)
    {
        var accounts = kind switch
        {
            AccountKind.Client => _clients,
            AccountKind.Route => _routes,
            AccountKind.Provider => _providers,
            AccountKind.Target => _targets,
        };
        return accounts.TryGetValue(name, out var known) ? known : First(accounts, kind, name);
    }

    private static Account First(ConcurrentDictionary<string, Account> accounts, AccountKind kind, string name)
    {
        if (kind == AccountKind.Target && accounts.Count >= MaxTargets) name = OtherTargets;
        return accounts.GetOrAdd(name, static (name, kind) => new(kind, name), kind);
    }
}
