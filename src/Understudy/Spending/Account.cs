using System.Runtime.CompilerServices;
using Understudy.Configuration;

namespace Understudy.Spending;

/// <summary>One payer's sums in the four running windows. Every member assumes the ledger's lock.</summary>
internal sealed class Account(AccountKind kind, string name)
{
    private Tallies _tallies;

    public AccountKind Kind { get; } = kind;

    public string Name { get; } = name;

    /// <summary>Whether its sums are others than those that the store was told last. May be read without the lock.</summary>
    public bool HasChanged { get; set; }

    /// <summary>The cap that an attempt would break, of several the one that turns last; null where it fits.</summary>
    /// <param name="budget">The caps.</param>
    /// <param name="amount">What is to be reserved; null where no price is known: then nothing may be sent once the cap is reached.</param>
    /// <param name="now">The time.</param>
    public SpentCap? Refuses_NeedsLock(BudgetModel budget, Usd? amount, DateTimeOffset now)
    {
        if (amount == Usd.Zero) return null; // what is free may go on when the money is gone
        for (var window = SpendWindow.Month; window >= SpendWindow.Minute; window--)
        {
            if (budget.Of(window) is not { } cap) continue;
            ref var tally = ref At(window, now);
            var taken = tally.Spent + tally.Reserved;
            if (amount is { } known ? taken + known <= cap : taken < cap) continue;
            var isNews = !tally.Told;
            tally.Told = true;
            return new(Kind, Name, window, cap, SpendWindows.StartOf(window, tally.Index + 1), amount > cap, isNews);
        }

        return null;
    }

    public void Reserve_NeedsLock(Usd amount, DateTimeOffset now)
    {
        HasChanged = true;
        for (var window = SpendWindow.Minute; window <= SpendWindow.Month; window++)
        {
            ref var tally = ref At(window, now);
            tally.Reserved += amount;
        }
    }

    /// <summary>Takes a reservation out and puts the cost in, in those windows of <paramref name="sentAt"/> that still run.</summary>
    public void Settle_NeedsLock(Usd? reserved, in Settlement settlement, DateTimeOffset sentAt)
    {
        HasChanged = true;
        for (var window = SpendWindow.Minute; window <= SpendWindow.Month; window++)
        {
            ref var tally = ref _tallies[(int)window];
            if (tally.Index != SpendWindows.IndexOf(window, sentAt)) continue;
            if (reserved is { } held) tally.Reserved -= held;
            if (settlement.Cost is not { } cost)
            {
                if (settlement.Sent) tally.Unpriced++;
                continue;
            }

            tally.Spent += cost;
            if (settlement.IsWasted) tally.Wasted += cost;
            if (settlement.IsRetry) tally.OfRetries += cost;
        }
    }

    public void Restore_NeedsLock(AccountTotals totals, DateTimeOffset now)
    {
        ref var tally = ref At(totals.Window, now);
        if (tally.Index != SpendWindows.IndexOf(totals.Window, totals.From)) return; // the window has turned since
        tally.Spent += totals.Spent;
        tally.Wasted += totals.Wasted;
        tally.OfRetries += totals.OfRetries;
        tally.Unpriced += totals.Unpriced;
    }

    public AccountTotals Totals_NeedsLock(SpendWindow window, DateTimeOffset now)
    {
        ref var tally = ref At(window, now);
        return new(Kind, Name, window, SpendWindows.StartOf(window, tally.Index), tally.Spent, tally.Reserved, tally.Wasted, tally.OfRetries, tally.Unpriced);
    }

    private ref Tally At(SpendWindow window, DateTimeOffset now)
    {
        ref var tally = ref _tallies[(int)window];
        var index = SpendWindows.IndexOf(window, now);
        if (index != tally.Index) tally = new() { Index = index };
        return ref tally;
    }

    private struct Tally
    {
        public long Index;
        public Usd Spent;
        public Usd Reserved;
        public Usd Wasted;
        public Usd OfRetries;
        public long Unpriced;
        public bool Told;
    }

    [InlineArray(4)]
    private struct Tallies
    {
        private Tally _first;
    }
}
