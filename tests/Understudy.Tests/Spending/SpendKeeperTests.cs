using Understudy.Configuration;
using Understudy.Drills;
using Understudy.Spending;

namespace Understudy.Tests.Spending;

/// <summary>What was spent outlives the process, and no call waits for it.</summary>
public sealed class SpendKeeperTests : ISpendStore
{
    private readonly VirtualTime _time = new();
    private readonly Dictionary<(AccountKind, string, SpendWindow), AccountTotals> _kept = [];
    private bool _trouble;
    private TaskCompletionSource? _held;
    private int _saves;

    [Fact]
    public void WhatWasSpent_IsKeptWithinSeconds_AndCountsInTheNextProcess()
    {
        var (ledger, keeper) = Begin();
        Settle(Reserve(ledger, 3), 2.5m);
        _time.Advance(SpendKeeper.Every);
        var (next, _) = Begin();
        foreach (var window in (SpendWindow[])[SpendWindow.Hour, SpendWindow.Day, SpendWindow.Month]) Assert.Equal(2.5m, next.TotalsOf(AccountKind.Client, "ann", window).Spent.Dollars);
        Assert.Equal(0, next.TotalsOf(AccountKind.Client, "ann", SpendWindow.Minute).Spent.Dollars);
        Assert.NotNull(keeper);
    }

    [Fact]
    public void DiedInFlight_WhatWasReservedCountsAsSpent()
    {
        var (ledger, _) = Begin();
        Reserve(ledger, 3);
        _time.Advance(SpendKeeper.Every);
        var (next, _) = Begin();
        Assert.Equal((3m, 0m), (next.TotalsOf(AccountKind.Provider, "claude", SpendWindow.Day).Spent.Dollars, next.TotalsOf(AccountKind.Provider, "claude", SpendWindow.Day).Reserved.Dollars));
    }

    [Fact]
    public async Task StoppedInOrder_NothingIsLost()
    {
        var (ledger, keeper) = Begin();
        Settle(Reserve(ledger, 3), 1);
        await keeper.DisposeAsync();
        Assert.Equal(1m, Begin().Ledger.TotalsOf(AccountKind.Route, "test", SpendWindow.Month).Spent.Dollars);
    }

    [Fact]
    public void NothingChanged_NothingIsWritten()
    {
        var (ledger, _) = Begin();
        Settle(Reserve(ledger, 3), 1);
        _time.Advance(SpendKeeper.Every * 100);
        Assert.Equal(1, _saves);
    }

    [Fact]
    public void TroubleOfTheStore_TheNextTimeTakesItAlong()
    {
        var (ledger, _) = Begin();
        _trouble = true;
        Settle(Reserve(ledger, 3), 1);
        _time.Advance(SpendKeeper.Every * 3);
        Assert.Empty(_kept);
        _trouble = false;
        _time.Advance(SpendKeeper.Every);
        Assert.Equal(1m, Begin().Ledger.TotalsOf(AccountKind.Client, "ann", SpendWindow.Day).Spent.Dollars);
    }

    [Fact]
    public void NextDay_TheDayIsNewAndTheMonthIsNot()
    {
        var (ledger, _) = Begin();
        Settle(Reserve(ledger, 3), 1);
        _time.Advance(TimeSpan.FromDays(1));
        var (next, _) = Begin();
        Assert.Equal(0, next.TotalsOf(AccountKind.Client, "ann", SpendWindow.Day).Spent.Dollars);
        Assert.Equal(1, next.TotalsOf(AccountKind.Client, "ann", SpendWindow.Month).Spent.Dollars);
        // A second start adds to what the first one found, and what is kept is the sum.
        Settle(Reserve(next, 3), 2);
        _time.Advance(SpendKeeper.Every);
        Assert.Equal(3, Begin().Ledger.TotalsOf(AccountKind.Client, "ann", SpendWindow.Month).Spent.Dollars);
    }

    [Fact]
    public async Task ASlowDisk_GetsOneWriteAtATime_AndTheEndWaitsForIt()
    {
        var (ledger, keeper) = Begin();
        _held = new();
        Settle(Reserve(ledger, 3), 1);
        _time.Advance(SpendKeeper.Every);
        Settle(Reserve(ledger, 3), 1);
        _time.Advance(SpendKeeper.Every * 5);
        Assert.Equal(1, _saves);
        var ending = keeper.DisposeAsync().AsTask();
        Assert.False(ending.IsCompleted);
        Assert.Equal(1, _saves); // an older sum must not be written after a newer one
        _held.SetResult();
        await ending;
        Assert.Equal(2, _saves);
        Assert.Equal(2m, Begin().Ledger.TotalsOf(AccountKind.Client, "ann", SpendWindow.Day).Spent.Dollars);
    }

    public async Task<bool> SaveSpendingAsync(IReadOnlyList<AccountTotals> totals)
    {
        if (_trouble) return false;
        _saves++;
        if (_held is not null) await _held.Task;
        foreach (var one in totals) _kept[(one.Kind, one.Name, one.Window)] = one;
        return true;
    }

    /// <summary>A process that finds what was kept.</summary>
    private (Ledger Ledger, SpendKeeper Keeper) Begin()
    {
        var ledger = new Ledger(_time);
        var keeper = new SpendKeeper(ledger, _time);
        keeper.Attach(this, [.. _kept.Values]);
        return (ledger, keeper);
    }

    private static Reservation Reserve(Ledger ledger, decimal dollars) =>
        ledger.TryReserve(new("ann", null, "test", null, "claude", null, "claude/opus"), Usd.FromDollars(dollars), default, out _)!;

    private static void Settle(Reservation reservation, decimal dollars) => reservation.Settle(new() { Cost = Usd.FromDollars(dollars), Sent = true });
}
