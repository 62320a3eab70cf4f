using Understudy.CircuitBreaker;
using Understudy.Configuration;
using Understudy.Drills;
using Understudy.Failures;

namespace Understudy.Tests.CircuitBreaker;

/// <summary>Failures that creep in: found out soon, and told from the noise of every day (decision 0024).</summary>
public sealed class DriftTests
{
    private readonly VirtualTime _time = new();

    // False alarms.

    [Theory]
    [InlineData(50, 0.02, 48)] // 8.6 million calls
    [InlineData(50, 0.01, 24)]
    [InlineData(5, 0.02, 240)]
    [InlineData(0.5, 0.02, 480)]
    [InlineData(0.02, 0.02, 720)]
    [InlineData(50, 0.05, 1)]
    [InlineData(5, 0.05, 1)]
    [InlineData(0.5, 0.05, 1)]
    public void NoiseOfEveryDay_DoesNotOpenIt(double rate, double share, int hours)
    {
        for (ulong seed = 1; seed <= 3; seed++) Assert.Null(Play(rate, _ => share, TimeSpan.FromHours(hours), seed));
    }

    [Theory]
    [InlineData(1, 0.2, 300)]
    [InlineData(50, 0.2, 300)]
    [InlineData(50, 0.1, 2500)]
    [InlineData(0.1, 0.15, 300)]
    [InlineData(0.1, 0.1, 1200)]
    public void Sickness_IsFoundOutWithinAFewCalls(double rate, double share, int calls)
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            var found = Play(rate, _ => share, TimeSpan.FromSeconds(100_000 / rate), seed);
            Assert.NotNull(found);
            Assert.InRange(found.Value.TotalSeconds * rate, 1, calls);
        }
    }

    [Theory]
    [InlineData(50, 30)]
    [InlineData(5, 100)]
    [InlineData(1, 200)]
    public void CreepingStartOfTheSecondOfJune_IsFoundOutSoonAfterATenthFails(double rate, int seconds)
    {
        // From 0 to 55 % in twelve minutes: a tenth fails from here on.
        const double Tenth = 720 * 0.1 / 0.55;
        for (ulong seed = 1; seed <= 20; seed++)
        {
            var found = Play(rate, at => at / 720 * 0.55, TimeSpan.FromMinutes(12), seed);
            Assert.NotNull(found);
            Assert.InRange(found.Value.TotalSeconds - Tenth, -Tenth, seconds);
        }
    }

    [Fact]
    public void EveryThirdOfFifteen_OpensAQuietTarget()
    {
        var breaker = new Breaker(new(), _time);
        for (var call = 0; call < 15; call++)
        {
            Assert.Equal(BreakerState.Closed, breaker.State);
            Tell(breaker, good: call % 3 != 2);
            _time.Advance(TimeSpan.FromMinutes(2));
        }

        Assert.Equal(BreakerState.Open, breaker.State);
    }

    [Fact]
    public void WhatMayNotDrift_DoesNot()
    {
        var breaker = new Breaker(new(), _time);
        for (var call = 0; call < 1000; call++) Tell(breaker, good: call % 4 != 3, mayDrift: false);
        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public void Off_AQuarterMayFail()
    {
        var breaker = new Breaker(new() { Tolerate = null }, _time);
        for (var call = 0; call < 1000; call++) Tell(breaker, good: call % 4 != 3);
        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public void SwitchedOffByAReload_AQuarterMayFail()
    {
        var breaker = new Breaker(new(), _time);
        Tell(breaker, good: false);
        breaker.Apply(new() { Tolerate = null });
        for (var call = 0; call < 1000; call++) Tell(breaker, good: call % 4 != 3);
        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public void AReload_PutsOtherSharesInForce()
    {
        var breaker = new Breaker(new(), _time);
        Tell(breaker, good: true);
        breaker.Apply(new() { Tolerate = 0.3, Sick = 0.6 });
        for (var call = 0; call < 1000; call++) Tell(breaker, good: call % 4 != 3);
        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public void AReload_PutsAnotherRatioInForce()
    {
        var breaker = new Breaker(new() { Tolerate = null }, _time);
        Tell(breaker, good: true);
        breaker.Apply(new() { Tolerate = null, FailureRatio = 0.2, MinimumCalls = 3 });
        Tell(breaker, good: true);
        Tell(breaker, good: false);
        Assert.Equal(BreakerState.Open, breaker.State);
    }

    [Fact]
    public void AnAnswer_BreaksARowOfFailures_AndTheFifthInARowIsOneTooMany()
    {
        var breaker = new Breaker(new() { Tolerate = null, MinimumCalls = 1000 }, _time);
        for (var call = 0; call < 50; call++) Tell(breaker, good: call % 5 == 4);
        for (var call = 0; call < 4; call++) Tell(breaker, good: false);
        Assert.Equal(BreakerState.Closed, breaker.State);
        Tell(breaker, good: false);
        Assert.Equal(BreakerState.Open, breaker.State);
    }

    [Fact]
    public void AfterAGoodYear_ASicknessIsFoundOutAsSoon()
    {
        var breaker = new Breaker(new(), _time);
        for (var call = 0; call < 100_000; call++) Tell(breaker, good: true);
        _time.Advance(TimeSpan.FromMinutes(2));
        var calls = 0;
        for (; breaker.State == BreakerState.Closed; calls++) Tell(breaker, good: calls % 4 != 3);
        Assert.InRange(calls, 5, 60);
    }

    [Fact]
    public void EvidenceOfHours_IsKept_WhereCallsGoOn()
    {
        // One call in ten minutes: no two of these failures lie within one hour of each other's beginning alone.
        var breaker = new Breaker(new(), _time);
        for (var call = 0; call < 60 && breaker.State == BreakerState.Closed; call++)
        {
            Tell(breaker, good: call % 3 != 2);
            _time.Advance(TimeSpan.FromMinutes(10));
        }

        Assert.Equal(BreakerState.Open, breaker.State);
    }

    [Fact]
    public void AfterAnHourOfSilence_WhatWasSeenIsForgotten()
    {
        var breaker = new Breaker(new(), _time);
        for (var burst = 0; burst < 10; burst++)
        {
            for (var call = 0; call < 3; call++) Tell(breaker, good: false);
            Tell(breaker, good: true);
            Assert.Equal(BreakerState.Closed, breaker.State);
            _time.Advance(TimeSpan.FromMinutes(61));
        }
    }

    // Ailing: open, but most calls go well.

    [Fact]
    public void Ailing_KeepsCallsAway_ButNotThoseThatHaveNoOther()
    {
        var breaker = Ailing();
        Assert.Equal(BreakerState.Open, breaker.State);
        Assert.False(breaker.TryAcquire(out _));
        Assert.False(breaker.WouldAllow);
        Assert.True(breaker.WouldAllowAsLastResort);
        for (var call = 0; call < 500; call++) OnlyWay(breaker, good: call % 5 != 4);
        Assert.True(breaker.IsAiling);
    }

    [Fact]
    public void AilingThatGoesDown_IsClosedToAll()
    {
        var breaker = Ailing();
        for (var call = 0; call < 5; call++) OnlyWay(breaker, good: false);
        Assert.False(breaker.IsAiling);
        Assert.Equal(BreakerState.Open, breaker.State);
        Assert.False(breaker.TryAcquireAsLastResort(out _));
    }

    [Fact]
    public void Ailing_IsLeftAloneWhereItAsksToBe()
    {
        var breaker = Ailing();
        breaker.HoldOff(TimeSpan.FromSeconds(20), FailureKind.Overloaded);
        Assert.False(breaker.WouldAllowAsLastResort);
        Assert.False(breaker.TryAcquireAsLastResort(out _));
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.True(breaker.TryAcquireAsLastResort(out _));
    }

    [Fact]
    public void Ailing_ComesBackByProbesAndARamp_AndNotByUsersCalls()
    {
        var breaker = Ailing();
        for (var call = 0; call < 50; call++) OnlyWay(breaker, good: true);
        Assert.Equal(BreakerState.Open, breaker.State);
        while (breaker.State == BreakerState.Open) Probe(breaker);
        Assert.True(breaker.IsAiling);
        Assert.True(breaker.TryAcquireAsLastResort(out var permit));
        Assert.Equal(PermitKind.OnlyWay, permit.Kind);
        breaker.Report(permit, BreakerVerdict.Success);
        while (breaker.State == BreakerState.HalfOpen) Probe(breaker);
        Assert.Equal(BreakerState.Closed, breaker.State);
        Assert.False(breaker.IsAiling);
    }

    [Fact]
    public void EmptyAccount_IsNotAiling()
    {
        var breaker = Ailing();
        Assert.True(breaker.TryAcquireAsLastResort(out var before));
        breaker.Trip(FailureKind.QuotaExhausted, TimeSpan.FromMinutes(10));
        Assert.False(breaker.TryAcquireAsLastResort(out _));
        Assert.False(breaker.Holds(before)); // the wait before a retry may be longer than what it was given for
    }

    // The way back of a busy target that is as well as any.

    [Theory]
    [InlineData(50, 0.02)]
    [InlineData(10, 0.02)]
    [InlineData(50, 0.01)]
    public void BusyTargetWithTheNoiseOfEveryDay_ComesBackWithinTheHour(double rate, double share)
    {
        for (ulong seed = 1; seed <= 10; seed++)
        {
            var breaker = Ailing();
            var chance = new Chance(seed);
            var until = _time.Elapsed + TimeSpan.FromHours(1);
            while (_time.Elapsed < until && breaker.State != BreakerState.Closed)
            {
                _time.Advance(TimeSpan.FromSeconds(1 / rate));
                if (breaker.NextProbe == TimeSpan.Zero) Probe(breaker);
                if (breaker.TryAcquire(out var permit)) Say(breaker, permit, chance.NextDouble() >= share);
            }

            Assert.Equal(BreakerState.Closed, breaker.State);
        }
    }

    /// <summary>When it opened, at so many calls a second of which a share fails; null for not within <paramref name="length"/>.</summary>
    private static TimeSpan? Play(double rate, Func<double, double> share, TimeSpan length, ulong seed)
    {
        var time = new VirtualTime();
        var breaker = new Breaker(new(), time);
        var chance = new Chance(seed);
        var gap = TimeSpan.FromSeconds(1 / rate);
        while (time.Elapsed < length)
        {
            time.Advance(gap);
            if (!breaker.TryAcquire(out var permit)) return time.Elapsed;
            Say(breaker, permit, chance.NextDouble() >= share(time.Elapsed.TotalSeconds));
        }

        return breaker.State == BreakerState.Closed ? null : time.Elapsed;
    }

    private Breaker Ailing()
    {
        var breaker = new Breaker(new(), _time);
        for (var call = 0; !breaker.IsAiling; call++) Tell(breaker, good: call % 4 != 3);
        return breaker;
    }

    private void Probe(Breaker breaker)
    {
        _time.Advance(breaker.NextProbe!.Value);
        Assert.True(breaker.TryProbe(out var probe));
        breaker.Report(probe, BreakerVerdict.Success);
    }

    private static void OnlyWay(Breaker breaker, bool good)
    {
        Assert.True(breaker.TryAcquireAsLastResort(out var permit));
        Say(breaker, permit, good);
    }

    private static void Tell(Breaker breaker, bool good, bool mayDrift = true)
    {
        Assert.True(breaker.TryAcquire(out var permit));
        Say(breaker, permit, good, mayDrift);
    }

    private static void Say(Breaker breaker, BreakerPermit permit, bool good, bool mayDrift = true) =>
        breaker.Report(permit, good ? BreakerVerdict.Success : BreakerVerdict.Failure, good ? null : FailureKind.ProviderError, mayDrift);
}
