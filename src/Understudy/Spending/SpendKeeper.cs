using Understudy.Configuration;

namespace Understudy.Spending;

/// <summary>
/// Hands what was spent to the store, every few seconds and at the end, off every call's way. A process that dies loses what
/// was reserved since the last time, <see cref="Every"/> at the most; what was in flight then counts as spent, for the provider may bill it.
/// </summary>
/// <param name="ledger">Who has spent what.</param>
/// <param name="time">The time.</param>
public sealed class SpendKeeper(Ledger ledger, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How often what has changed is kept.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private ISpendStore? _store;
    private ITimer? _timer;
    private Task<bool> _saving = Task.FromResult(true);

    /// <summary>Takes over what an earlier process spent, and keeps what is spent from here on.</summary>
    /// <param name="store">The store.</param>
    /// <param name="spent">What it holds; windows that have turned count for nothing.</param>
    public void Attach(ISpendStore store, IEnumerable<AccountTotals> spent)
    {
        ledger.Restore(spent);
        _store = store;
        _timer = time.CreateTimer(_ => Look(), null, Every, Every);
    }

    /// <summary>Keeps what has changed, for the last time.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_timer is not { } timer) return;
        await timer.DisposeAsync().ConfigureAwait(false);
        Task<bool> running;
        lock (_lock) running = _saving;
        await running.ConfigureAwait(false);
        await SaveAsync().ConfigureAwait(false);
    }

    private void Look()
    {
        lock (_lock)
        {
            // One at a time: where the disk is slow or full, the next takes what has gathered.
            if (_saving.IsCompleted) _saving = SaveAsync();
        }
    }

    private async Task<bool> SaveAsync()
    {
        var changed = ledger.TakeChanged();
        if (changed.Count == 0) return true;
        var kept = await _store!.SaveSpendingAsync([.. changed.Select(Pessimistic)]).ConfigureAwait(false);
        if (!kept) ledger.ChangedStill(changed);
        return kept;
    }

    /// <summary>What is in flight counts as spent until it is settled: a process that dies now never hears what it cost.</summary>
    private static AccountTotals Pessimistic(AccountTotals totals) => totals with { Spent = totals.Spent + totals.Reserved, Reserved = Usd.Zero };
}
