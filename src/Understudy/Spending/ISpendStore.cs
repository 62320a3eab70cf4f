namespace Understudy.Spending;

/// <summary>Where what was spent outlives the process (decision 0014): a cap for a day or a month means nothing if a restart forgets it.</summary>
public interface ISpendStore
{
    /// <summary>Keeps the sums of accounts as they are now; each replaces what was kept of the same account and window.</summary>
    /// <returns>True once they are on disk; false where the store has trouble, and then nothing of them is left.</returns>
    Task<bool> SaveSpendingAsync(IReadOnlyList<AccountTotals> totals);
}
