using FsCheck;
using FsCheck.Fluent;
using Understudy.Configuration;
using Understudy.Drills;
using Understudy.Spending;

namespace Understudy.Tests.Spending;

public sealed class LedgerTests
{
    private static readonly DateTimeOffset Start = new(2026, 12, 31, 23, 58, 30, TimeSpan.Zero);

    private readonly VirtualTime _time = new(Start);
    private readonly Ledger _ledger;

    public LedgerTests() => _ledger = new(_time);

    [Fact]
    public void WhatIsReserved_IsTaken_BeforeItIsSpent()
    {
        var budget = new BudgetModel { PerDay = Usd.FromDollars(1) };
        var first = Reserve(0.6m, client: budget);
        Assert.NotNull(first);
        Assert.Null(Reserve(0.5m, out var spent, client: budget));
        Assert.Equal(("client 'website' has spent its $1 a day", new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero)), (spent!.ToString(), spent.Until));
        Assert.NotNull(Reserve(0.4m, client: budget)); // to the last billionth
        Assert.Null(Reserve(0.000000001m, client: budget));

        Assert.True(first.Settle(Paid(0.1m)));
        Assert.NotNull(Reserve(0.5m, client: budget));
    }

    [Fact]
    public void Settling_Twice_CountsOnce()
    {
        var reservation = Reserve(0.6m)!;
        Assert.True(reservation.Settle(Paid(0.2m)));
        Assert.False(reservation.Settle(Paid(0.2m)));
        var totals = _ledger.TotalsOf(AccountKind.Client, "website", SpendWindow.Day);
        Assert.Equal((Usd.FromDollars(0.2m), Usd.Zero), (totals.Spent, totals.Reserved));
    }

    [Theory]
    [InlineData(SpendWindow.Minute, 29, false)]
    [InlineData(SpendWindow.Minute, 30, true)]
    [InlineData(SpendWindow.Hour, 89, false)]
    [InlineData(SpendWindow.Hour, 90, true)]
    [InlineData(SpendWindow.Day, 89, false)]
    [InlineData(SpendWindow.Day, 90, true)]
    [InlineData(SpendWindow.Month, 89, false)]
    [InlineData(SpendWindow.Month, 90, true)]
    public void Windows_TurnByTheCalendar(SpendWindow window, int seconds, bool turned)
    {
        var budget = Cap(window, 1);
        Reserve(1, client: budget)!.Settle(Paid(1));
        _time.Advance(TimeSpan.FromSeconds(seconds));
        Assert.Equal(turned, Reserve(1, client: budget) is not null);
    }

    [Fact]
    public void Months_HaveTheirOwnLength()
    {
        var time = new VirtualTime(new(2028, 2, 28, 12, 0, 0, TimeSpan.Zero)); // a leap year
        var ledger = new Ledger(time);
        var budget = Cap(SpendWindow.Month, 1);
        var payers = new Payers("website", budget, "r", null, "p", null, "p/m");
        ledger.TryReserve(payers, Usd.FromDollars(1), default, out _)!.Settle(Paid(1));
        time.Advance(TimeSpan.FromDays(1));
        Assert.Null(ledger.TryReserve(payers, Usd.FromDollars(1), default, out var spent));
        Assert.Equal(new DateTimeOffset(2028, 3, 1, 0, 0, 0, TimeSpan.Zero), spent!.Until);
        time.Advance(TimeSpan.FromHours(12));
        Assert.NotNull(ledger.TryReserve(payers, Usd.FromDollars(1), default, out _));
    }

    [Fact]
    public void SettledAfterTheWindowTurned_BelongsToTheWindowOfItsSending()
    {
        var reservation = Reserve(0.5m)!;
        _time.Advance(TimeSpan.FromMinutes(2)); // into the next minute, hour, day, month and year
        reservation.Settle(Paid(0.5m));
        foreach (var window in SpendWindows.All)
        {
            var totals = _ledger.TotalsOf(AccountKind.Client, "website", window);
            Assert.Equal((Usd.Zero, Usd.Zero), (totals.Spent, totals.Reserved));
        }
    }

    [Fact]
    public void OfSeveralSpentCaps_TheOneThatTurnsLast_IsTold()
    {
        var budget = new BudgetModel { PerMinute = Usd.FromDollars(1), PerHour = Usd.FromDollars(1), PerMonth = Usd.FromDollars(100) };
        Reserve(1, client: budget);
        Assert.Null(Reserve(0.1m, out var spent, client: budget));
        Assert.Equal(SpendWindow.Hour, spent!.Window);
    }

    [Fact]
    public void FreeIsFree_AndUnknownIsNot()
    {
        var budget = Cap(SpendWindow.Day, 1);
        Assert.NotNull(Reserve(null, client: budget)); // nothing is spent yet
        Reserve(1, client: budget);
        Assert.NotNull(Reserve(0, client: budget));
        Assert.Null(Reserve(null, out var spent, client: budget));
        Assert.False(spent!.NeverFits);
    }

    [Fact]
    public void LargerThanTheWholeCap_NeverFits()
    {
        Assert.Null(Reserve(2, out var spent, client: Cap(SpendWindow.Minute, 1)));
        Assert.True(spent!.NeverFits);
        Assert.Equal("this call alone would cost more than client 'website' may spend: $1 a minute", spent.ToString());
    }

    [Fact]
    public void EveryOwnersCap_IsHeld_AndARefusalReservesNothing()
    {
        Assert.Null(Reserve(2, out var spent, route: Cap(SpendWindow.Hour, 1)));
        Assert.Equal((AccountKind.Route, "coding"), (spent!.Kind, spent.Name));
        Assert.Null(Reserve(2, out spent, provider: Cap(SpendWindow.Hour, 1)));
        Assert.Equal((AccountKind.Provider, "claude"), (spent!.Kind, spent.Name));
        Assert.All(_ledger.Totals, totals => Assert.Equal((Usd.Zero, Usd.Zero), (totals.Spent, totals.Reserved)));
    }

    [Fact]
    public void TheFirstRefusalOfAWindow_IsNews_TheOthersAreNot()
    {
        var budget = Cap(SpendWindow.Minute, 1);
        bool IsNews()
        {
            Assert.Null(Reserve(2, out var spent, client: budget));
            return spent!.IsNews;
        }

        Assert.Equal((true, false), (IsNews(), IsNews()));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(IsNews());
    }

    [Fact]
    public void WasteRetriesAndUnpriced_AreCountedApart()
    {
        Reserve(1)!.Settle(new(Usd.FromDollars(0.3m), Sent: true, IsWasted: true, IsRetry: false));
        Reserve(1)!.Settle(new(Usd.FromDollars(0.2m), Sent: true, IsWasted: false, IsRetry: true));
        Reserve(null)!.Settle(new(null, Sent: true, IsWasted: false, IsRetry: false));
        Reserve(1)!.Settle(new(null, Sent: false, IsWasted: false, IsRetry: false)); // never sent
        Assert.All(_ledger.Totals, totals =>
        {
            Assert.Equal(0.5m, totals.Spent.Dollars);
            Assert.Equal(0.3m, totals.Wasted.Dollars);
            Assert.Equal(0.2m, totals.OfRetries.Dollars);
            Assert.Equal((Usd.Zero, 1), (totals.Reserved, totals.Unpriced));
        });
        Assert.Equal(4 * 4, _ledger.Totals.Count);
    }

    [Fact]
    public void WhatWasSpentBefore_ComesBack_InTheWindowsThatStillRun()
    {
        Reserve(1)!.Settle(Paid(0.75m));
        Reserve(1); // in flight when the process ends
        var kept = _ledger.Totals;
        _time.Advance(TimeSpan.FromSeconds(40)); // the minute turns, the hour does not
        var reborn = new Ledger(_time);
        reborn.Restore(kept);
        Assert.Equal(Usd.Zero, reborn.TotalsOf(AccountKind.Provider, "claude", SpendWindow.Minute).Spent);
        var hour = reborn.TotalsOf(AccountKind.Provider, "claude", SpendWindow.Hour);
        Assert.Equal((0.75m, Usd.Zero), (hour.Spent.Dollars, hour.Reserved));
    }

    [Fact]
    public void AClockSetBack_OpensNoWindowAgain_AndLosesNoReservation()
    {
        var clock = new LooseClock { Now = Start };
        var ledger = new Ledger(clock);
        var payers = new Payers("website", Cap(SpendWindow.Minute, 1), "r", null, "p", null, "p/m");
        var reservation = ledger.TryReserve(payers, Usd.FromDollars(1), default, out _)!;
        clock.Now -= TimeSpan.FromMinutes(5);
        Assert.Null(ledger.TryReserve(payers, Usd.FromDollars(1), default, out _));
        reservation.Settle(Paid(0.25m));
        Assert.NotNull(ledger.TryReserve(payers, Usd.FromDollars(0.75m), default, out _));
    }

    [Fact]
    public void ModelsThatClientsMakeUp_ShareOneAccountBeyondTheBound()
    {
        for (var i = 0; i < Ledger.MaxTargets + 500; i++) _ledger.TryReserve(new("website", null, "r", null, "p", null, $"p/made-up-{i}"), new Usd(1), default, out _);
        Assert.Equal(Ledger.MaxTargets + 1, _ledger.Totals.Count(totals => totals.Kind == AccountKind.Target && totals.Window == SpendWindow.Day));
        Assert.Equal(500, _ledger.TotalsOf(AccountKind.Target, Ledger.OtherTargets, SpendWindow.Day).Reserved.Nanos);
        Assert.Equal(Ledger.MaxTargets + 500, _ledger.TotalsOf(AccountKind.Provider, "p", SpendWindow.Day).Reserved.Nanos);
    }

    [Fact]
    public void CallersWithoutAKey_ShareAnAccount()
    {
        _ledger.TryReserve(new(null, null, "r", null, "p", null, "p/m"), new Usd(5), default, out _);
        Assert.Equal(5, _ledger.TotalsOf(AccountKind.Client, Ledger.Anyone, SpendWindow.Day).Reserved.Nanos);
    }

    /// <summary>Whatever is reserved, settled and refused in whatever order on however many threads: no cap is passed, and nothing is lost.</summary>
    [Fact]
    public void UnderConcurrency_NoReservationPassesACap_AndTheSumsAreRight() => Prop.ForAll(
        Gen.Choose(1, 300).ListOf(400).ToArbitrary(), Gen.Choose(1, 20_000).ToArbitrary(), (amounts, cap) =>
    {
        var ledger = new Ledger(new VirtualTime(Start));
        var payers = new Payers("website", new() { PerDay = new Usd(cap) }, "r", new() { PerMonth = new Usd(cap * 2L) }, "p", new() { PerHour = new Usd(cap) }, "p/m");
        long settled = 0, reserved = 0, passed = 0;
        Parallel.ForEach(amounts, new ParallelOptions { MaxDegreeOfParallelism = 8 }, amount =>
        {
            if (ledger.TryReserve(payers, new Usd(amount), default, out var spent) is not { } reservation)
            {
                if (spent is null) Interlocked.Increment(ref passed);
                return;
            }

            var now = ledger.TotalsOf(AccountKind.Client, "website", SpendWindow.Day);
            if ((now.Spent + now.Reserved).Nanos > cap) Interlocked.Increment(ref passed);
            if (amount % 3 == 0)
            {
                Interlocked.Add(ref reserved, amount); // still in flight at the end
                return;
            }

            // Two threads end it: one of them counts.
            var cost = new Settlement(new Usd(amount / 2), Sent: true, IsWasted: false, IsRetry: false);
            var ends = 0;
            Parallel.For(0, 2, _ =>
            {
                if (reservation.Settle(cost)) Interlocked.Increment(ref ends);
            });
            if (ends != 1) Interlocked.Increment(ref passed);
            Interlocked.Add(ref settled, amount / 2);
        });
        return passed == 0 && ledger.Totals.All(totals => totals.Spent.Nanos == settled && totals.Reserved.Nanos == reserved && settled + reserved <= cap);
    }).QuickCheckThrowOnFailure();

    private Reservation? Reserve(decimal? dollars, BudgetModel? client = null, BudgetModel? route = null, BudgetModel? provider = null) => Reserve(dollars, out _, client, route, provider);

    private Reservation? Reserve(decimal? dollars, out SpentCap? spent, BudgetModel? client = null, BudgetModel? route = null, BudgetModel? provider = null) => _ledger.TryReserve(
        new("website", client, "coding", route, "claude", provider, "claude/opus"), dollars is { } known ? Usd.FromDollars(known) : null, default, out spent);

    private static Settlement Paid(decimal dollars) => new(Usd.FromDollars(dollars), Sent: true, IsWasted: false, IsRetry: false);

    private static BudgetModel Cap(SpendWindow window, decimal dollars) => window switch
    {
        SpendWindow.Minute => new() { PerMinute = Usd.FromDollars(dollars) },
        SpendWindow.Hour => new() { PerHour = Usd.FromDollars(dollars) },
        SpendWindow.Day => new() { PerDay = Usd.FromDollars(dollars) },
        SpendWindow.Month => new() { PerMonth = Usd.FromDollars(dollars) },
    };

    private sealed class LooseClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
