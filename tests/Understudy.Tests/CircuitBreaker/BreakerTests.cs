using Understudy.CircuitBreaker;
using Understudy.Configuration;
using Understudy.Drills;
using Understudy.Failures;

namespace Understudy.Tests.CircuitBreaker;

public sealed class BreakerTests
{
    private readonly VirtualTime _time = new();
    private readonly Breaker _breaker;

    public BreakerTests() => _breaker = new(new BreakerModel(), _time);

    // Closed.

    [Fact]
    public void FiveFailuresInARow_Opens()
    {
        for (var i = 0; i < 4; i++) Fail();
        Assert.Equal(BreakerState.Closed, _breaker.State);
        Fail();
        Assert.Equal(BreakerState.Open, _breaker.State);
        Assert.False(_breaker.TryAcquire(out _));
        Assert.False(_breaker.TryAcquireAsLastResort(out _));
        Assert.Equal(FailureKind.ProviderError, _breaker.Cause);
    }

    [Fact]
    public void HalfOfFiveCallsFailed_OpensWithoutARow()
    {
        Succeed();
        Fail();
        Succeed();
        Fail();
        Assert.Equal(BreakerState.Closed, _breaker.State);
        Fail();
        Assert.Equal(BreakerState.Open, _breaker.State);
    }

    [Fact]
    public void AQuarterFails_OpensAsAiling()
    {
        for (var i = 0; i < 40 && _breaker.State == BreakerState.Closed; i++)
        {
            if (i % 4 == 3) Fail();
            else Succeed();
        }

        Assert.Equal(BreakerState.Open, _breaker.State);
        Assert.True(_breaker.IsAiling);
    }

    [Fact]
    public void OldFailures_AreForgottenWithTheWindow()
    {
        _breaker.Apply(new() { Tolerate = null });
        for (var i = 0; i < 4; i++) Fail();
        Succeed(); // ends the row; the ratio is 4 of 5, so the window must have passed for the next failure not to open it
        Assert.Equal(BreakerState.Closed, _breaker.State);
        Pass(66);
        Fail();
        Assert.Equal(BreakerState.Closed, _breaker.State);
    }

    [Fact]
    public void NeutralVerdicts_SayNothing()
    {
        for (var i = 0; i < 20; i++)
        {
            Assert.True(_breaker.TryAcquire(out var permit));
            _breaker.Report(permit, BreakerVerdict.Neutral);
        }

        Assert.Equal(BreakerState.Closed, _breaker.State);
        Assert.Null(_breaker.NextProbe);
    }

    // Held off: the provider asked for it, and nothing is proved.

    [Fact]
    public void HeldOff_CallsFlowAgainWhenTheTimeIsOver_WithoutARamp()
    {
        _breaker.HoldOff(TimeSpan.FromSeconds(30));
        Assert.Equal(BreakerState.Open, _breaker.State);
        Assert.Equal(TimeSpan.FromSeconds(30), _breaker.OpenFor);
        Assert.False(_breaker.WouldAllow);
        Assert.False(_breaker.TryAcquireAsLastResort(out _));
        Assert.Null(_breaker.NextProbe);
        Pass(30);
        Assert.True(_breaker.WouldAllow);
        Assert.True(_breaker.TryAcquire(out _));
        Assert.Equal(BreakerState.Closed, _breaker.State);
        Assert.Equal(1, _breaker.Share);
    }

    [Fact]
    public void HeldOff_WhatFailsMeanwhileOpensItAllTheSame()
    {
        var permits = Enumerable.Range(0, 5).Select(_ => Leave()).ToArray();
        _breaker.Report(permits[0], BreakerVerdict.Failure, FailureKind.Overloaded);
        _breaker.HoldOff(TimeSpan.FromSeconds(2), FailureKind.Overloaded);
        foreach (var permit in permits.Skip(1)) _breaker.Report(permit, BreakerVerdict.Failure, FailureKind.Overloaded);
        Pass(3);
        Assert.Equal(BreakerState.Open, _breaker.State);
        Assert.False(_breaker.TryAcquire(out _));
    }

    [Fact]
    public void HoldOff_IsBoundedByTheLongestBreak()
    {
        _breaker.HoldOff(TimeSpan.FromDays(3));
        Assert.Equal(TimeSpan.FromMinutes(10), _breaker.OpenFor);
    }

    [Fact]
    public void HoldOffWhileOpen_PutsTheFirstProbeOff()
    {
        Open();
        _breaker.HoldOff(TimeSpan.FromSeconds(200));
        Assert.Equal(TimeSpan.FromSeconds(200), _breaker.NextProbe);
        Assert.False(_breaker.TryAcquireAsLastResort(out _)); // missed, but the provider asked
        Assert.Equal(TimeSpan.FromSeconds(200), _breaker.NextProbe);
    }

    // Open.

    [Fact]
    public void Open_IsProbedAfterAMinute_AndNothingElsePasses()
    {
        Open();
        Assert.Equal(TimeSpan.FromSeconds(60), _breaker.NextProbe);
        Assert.Equal(TimeSpan.FromSeconds(80), _breaker.OpenFor);
        Assert.False(_breaker.TryProbe(out _));
        Pass(60);
        Assert.False(_breaker.TryAcquire(out _));
        Assert.True(_breaker.TryProbe(out var probe));
        Assert.True(probe.IsProbe);
        Assert.False(_breaker.TryProbe(out _)); // one at a time
        Assert.Null(_breaker.NextProbe);
        Assert.False(_breaker.TryAcquire(out _));
    }

    [Fact]
    public void ThreeGoodProbesInARow_LetTheFirstShareThrough()
    {
        Open();
        Pass(60);
        Probe(good: true);
        Pass(10);
        Probe(good: false);
        Assert.Equal(TimeSpan.FromSeconds(20), _breaker.NextProbe);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(BreakerState.Open, _breaker.State);
            Pass(20);
            Probe(good: true);
        }

        Assert.Equal(BreakerState.HalfOpen, _breaker.State);
        Assert.Equal(0.01, _breaker.Share);
    }

    [Fact]
    public void ProbesThatFail_BecomeRarer_ButNotRarerThanTheFirstWait()
    {
        Open();
        Pass(60);
        foreach (var gap in (int[])[20, 40, 60, 60])
        {
            Probe(good: false);
            Assert.Equal(TimeSpan.FromSeconds(gap), _breaker.NextProbe);
            Pass(gap);
        }
    }

    [Fact]
    public void TargetThatIsMissed_IsProbedSoon_AndOften()
    {
        Open();
        Assert.False(_breaker.TryAcquire(out _));
        Assert.Equal(TimeSpan.FromSeconds(60), _breaker.NextProbe);
        Assert.False(_breaker.TryAcquireAsLastResort(out _));
        Assert.Equal(TimeSpan.FromSeconds(10), _breaker.NextProbe);
        Pass(10);
        Probe(good: false);
        Assert.Equal(TimeSpan.FromSeconds(10), _breaker.NextProbe);
    }

    [Fact]
    public void NobodyAsksForIt_ProbesBecomeRare_AndStop_AndBeginWithTheNextCall()
    {
        Open();
        var sent = 0;
        for (var i = 0; i < 24 * 60 * 2; i++)
        {
            Pass(60);
            if (!_breaker.TryProbe(out var probe)) continue;
            sent++;
            _breaker.Report(probe, BreakerVerdict.Failure, FailureKind.ProviderError);
        }

        Assert.InRange(sent, 100, 200);
        Assert.Null(_breaker.NextProbe);
        Assert.False(_breaker.TryAcquire(out _));
        Assert.Equal(TimeSpan.Zero, _breaker.NextProbe);
    }

    [Fact]
    public void HangsOfBeforeItOpened_SayNothing_InAnyLaterState()
    {
        var old = Leave();
        Open();
        HalfOpen();
        _breaker.Report(old, BreakerVerdict.Failure, FailureKind.FirstTokenTimeout);
        Assert.Equal(BreakerState.HalfOpen, _breaker.State);
        Climb();
        Assert.Equal(BreakerState.Closed, _breaker.State);
        for (var i = 0; i < 9; i++) _breaker.Report(old, BreakerVerdict.Failure, FailureKind.FirstTokenTimeout);
        Assert.Equal(BreakerState.Closed, _breaker.State);
    }

    [Fact]
    public void Tripped_OpensAtOnce_ForAsLongAsTold()
    {
        _breaker.Trip(FailureKind.QuotaExhausted, TimeSpan.FromMinutes(5));
        Assert.Equal(BreakerState.Open, _breaker.State);
        Assert.Equal(FailureKind.QuotaExhausted, _breaker.Cause);
        Assert.Equal(TimeSpan.FromMinutes(5), _breaker.NextProbe);
    }

    // Half-open: the ramp.

    [Fact]
    public void EachStep_LetsItsShareThrough_AndTheFirstCallAtOnce()
    {
        Open();
        HalfOpen();
        foreach (var (share, passed) in (ReadOnlySpan<(double, int)>)[(0.01, 6), (0.05, 26), (0.25, 126)])
        {
            Assert.Equal(share, _breaker.Share);
            var permits = new List<BreakerPermit>();
            for (var i = 0; i < 500; i++)
            {
                if (_breaker.TryAcquire(out var permit)) permits.Add(permit);
            }

            Assert.Equal(passed, permits.Count);
            Pass(20);
            foreach (var permit in permits) _breaker.Report(permit, BreakerVerdict.Success);
        }

        Assert.Equal(BreakerState.Closed, _breaker.State);
        Assert.True(_breaker.TryAcquire(out _));
    }

    [Fact]
    public void GoodCallsAlone_DoNotHurryAStep()
    {
        Open();
        HalfOpen();
        for (var i = 0; i < 10_000; i++)
        {
            if (_breaker.TryAcquire(out var permit)) _breaker.Report(permit, BreakerVerdict.Success);
        }

        Assert.Equal(0.01, _breaker.Share);
    }

    [Fact]
    public void Silence_IsNoEvidence()
    {
        Open();
        HalfOpen();
        Pass(24 * 3600);
        Assert.Equal(0.01, _breaker.Share);
        Assert.True(_breaker.TryAcquire(out var permit));
        _breaker.Report(permit, BreakerVerdict.Success);
        Assert.Equal(0.01, _breaker.Share); // one good answer does not vouch for a day
    }

    [Fact]
    public void QuietTarget_ComesBackByProbesAlone()
    {
        Open();
        HalfOpen();
        var begun = _time.Elapsed;
        while (_breaker.State == BreakerState.HalfOpen)
        {
            _time.Advance(_breaker.NextProbe!.Value);
            Probe(good: true);
        }

        Assert.Equal(BreakerState.Closed, _breaker.State);
        Assert.InRange(_time.Elapsed - begun, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(150));
    }

    [Fact]
    public void BusyTarget_IsNotProbed()
    {
        Open();
        HalfOpen();
        for (var i = 0; i < 15; i++)
        {
            Pass(1);
            Assert.True(_breaker.TryAcquireAsLastResort(out var permit));
            _breaker.Report(permit, BreakerVerdict.Success);
            Assert.False(_breaker.TryProbe(out _));
        }
    }

    [Fact]
    public void ABadCallInTheRamp_OpensForTwiceAsLong_AndTheNextRampIsTwiceAsLong()
    {
        Open();
        HalfOpen();
        Assert.True(_breaker.TryAcquire(out var permit));
        _breaker.Report(permit, BreakerVerdict.Failure, FailureKind.Overloaded);
        Assert.Equal(BreakerState.Open, _breaker.State);
        Assert.Equal(1, _breaker.Relapses);
        Assert.Equal(TimeSpan.FromSeconds(120), _breaker.NextProbe);
        HalfOpen();
        var begun = _time.Elapsed;
        Climb();
        Assert.InRange(_time.Elapsed - begun, TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(130));
    }

    [Fact]
    public void ABadProbeInTheRamp_IsABadSignToo()
    {
        Open();
        HalfOpen();
        _time.Advance(_breaker.NextProbe!.Value);
        Probe(good: false);
        Assert.Equal(BreakerState.Open, _breaker.State);
    }

    [Fact]
    public void CallWhoseClientLeft_GivesTheNextOneItsPlace()
    {
        Open();
        HalfOpen();
        Assert.True(_breaker.TryAcquire(out var permit));
        Assert.False(_breaker.TryAcquire(out _));
        _breaker.Report(permit, BreakerVerdict.Neutral);
        Assert.True(_breaker.TryAcquire(out _));
        Assert.Equal(BreakerState.HalfOpen, _breaker.State);
    }

    [Fact]
    public void BackInFullTraffic_ItIsSuspectAndThreeFailuresOpenIt_AsARelapse()
    {
        Open();
        HalfOpen();
        Climb();
        Assert.True(_breaker.IsSuspect);
        for (var i = 0; i < 3; i++) Fail();
        Assert.Equal(BreakerState.Open, _breaker.State);
        Assert.Equal(1, _breaker.Relapses);
    }

    [Fact]
    public void RelapsesAreForgotten_WithWellTime()
    {
        Open();
        HalfOpen();
        Climb();
        Open();
        HalfOpen();
        Climb();
        Open();
        Assert.Equal(2, _breaker.Relapses);
        HalfOpen();
        Climb();
        Pass(3 * 30 * 60);
        Open();
        Assert.Equal(0, _breaker.Relapses);
        Assert.Equal(TimeSpan.FromSeconds(60), _breaker.NextProbe);
    }

    [Fact]
    public void WaitAndRamp_AreBounded()
    {
        Open();
        for (var i = 0; i < 20; i++)
        {
            HalfOpen();
            Assert.True(_breaker.TryAcquire(out var permit));
            _breaker.Report(permit, BreakerVerdict.Failure);
        }

        Assert.Equal(TimeSpan.FromMinutes(10), _breaker.NextProbe);
        HalfOpen();
        var begun = _time.Elapsed;
        Climb();
        Assert.InRange(_time.Elapsed - begun, TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(32));
    }

    // Half-open: calls that nobody else could serve.

    [Fact]
    public void LastResort_OneAtFirst_AndTwiceAsManyWithEachRoundOfGoodAnswers()
    {
        Open();
        HalfOpen();
        var allowed = new List<int>();
        for (var round = 0; round < 5; round++)
        {
            var permits = AllLastResorts();
            allowed.Add(permits.Count);
            Assert.False(_breaker.WouldAllowAsLastResort);
            foreach (var permit in permits) _breaker.Report(permit, BreakerVerdict.Success);
        }

        Assert.Equal([1, 2, 4, 8, 16], allowed);
    }

    [Fact]
    public void LastResort_AFailureHalvesOnce_AndTheRampGoesAStepBack()
    {
        Open();
        HalfOpen();
        for (var round = 0; round < 3; round++)
        {
            foreach (var permit in AllLastResorts()) _breaker.Report(permit, BreakerVerdict.Success);
        }

        var eight = AllLastResorts();
        Assert.Equal(8, eight.Count);
        foreach (var permit in eight.Take(3)) _breaker.Report(permit, BreakerVerdict.Failure, FailureKind.Overloaded);
        Assert.Equal(BreakerState.HalfOpen, _breaker.State);
        foreach (var permit in eight.Skip(3)) _breaker.Report(permit, BreakerVerdict.Neutral);
        var four = AllLastResorts();
        Assert.Equal(4, four.Count);
        foreach (var permit in four) _breaker.Report(permit, BreakerVerdict.Success);
        Assert.InRange(AllLastResorts().Count, 4, 5); // no longer doubled: the limit is near
    }

    [Fact]
    public void LastResort_NotEvenOneAtATimeGoesWell_Opens()
    {
        Open();
        HalfOpen();
        Assert.True(_breaker.TryAcquireAsLastResort(out var permit));
        _breaker.Report(permit, BreakerVerdict.Failure, FailureKind.Overloaded);
        Assert.Equal(BreakerState.Open, _breaker.State);
    }

    [Fact]
    public void WhileCallsAreTurnedAway_ItDoesNotClose()
    {
        Open();
        HalfOpen();
        for (var second = 0; second < 200; second++)
        {
            var permits = AllLastResorts(); // until one is turned away
            Pass(1);
            _breaker.Report(permits[0], BreakerVerdict.Success);
            foreach (var permit in permits.Skip(1)) _breaker.Report(permit, BreakerVerdict.Neutral);
        }

        Assert.Equal(0.25, _breaker.Share);
        Pass(10);
        Assert.True(_breaker.TryAcquireAsLastResort(out var last));
        _breaker.Report(last, BreakerVerdict.Success);
        Assert.Equal(BreakerState.Closed, _breaker.State);
    }

    // Suspects.

    [Fact]
    public void Suspect_KeepsItsTraffic_IsProbedAtOnce_AndOpensAtThree()
    {
        Assert.True(_breaker.Suspect());
        Assert.False(_breaker.Suspect());
        Assert.Equal(TimeSpan.Zero, _breaker.NextProbe);
        Probe(good: true);
        Assert.Null(_breaker.NextProbe);
        Succeed();
        Fail();
        Fail();
        Assert.Equal(BreakerState.Closed, _breaker.State);
        Pass(121);
        Assert.False(_breaker.IsSuspect);
    }

    [Fact]
    public void SuspectThatNobodyCalls_IsFoundOutByProbes()
    {
        _breaker.Suspect();
        Probe(good: false);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(TimeSpan.FromSeconds(10), _breaker.NextProbe);
            Pass(10);
            Probe(good: false);
        }

        Assert.Equal(BreakerState.Open, _breaker.State);
    }

    // Users' calls as probes.

    [Fact]
    public void ProbeByTraffic_OneCallAfterTheWait_ThenTheRamp()
    {
        var breaker = new Breaker(new() { Probe = ProbeKind.Traffic }, _time);
        for (var i = 0; i < 5; i++) breaker.Report(Leave(breaker), BreakerVerdict.Failure);
        Assert.Null(breaker.NextProbe);
        Pass(59);
        Assert.False(breaker.TryAcquire(out _));
        Pass(1);
        Assert.True(breaker.WouldAllow);
        Assert.True(breaker.TryAcquire(out var probe));
        Assert.False(breaker.TryAcquire(out _));
        breaker.Report(probe, BreakerVerdict.Failure);
        Assert.Equal(TimeSpan.FromSeconds(120), breaker.OpenFor);
        Pass(120);
        breaker.Report(Leave(breaker), BreakerVerdict.Neutral);
        breaker.Report(Leave(breaker), BreakerVerdict.Success);
        Assert.Equal(BreakerState.HalfOpen, breaker.State);
        Assert.False(breaker.TryProbe(out _));
    }

    [Fact]
    public void ProbeByTraffic_OfAQuietTarget_OneCallInEachProbesPlace()
    {
        var breaker = new Breaker(new() { Probe = ProbeKind.Traffic }, _time);
        for (var i = 0; i < 5; i++) breaker.Report(Leave(breaker), BreakerVerdict.Failure);
        Pass(60);
        breaker.Report(Leave(breaker), BreakerVerdict.Success);
        for (var i = 0; i < 20 && breaker.State == BreakerState.HalfOpen; i++)
        {
            Pass(15);
            breaker.Report(Leave(breaker), BreakerVerdict.Success);
        }

        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    // What it tells, and what an operator does.

    [Fact]
    public void Changes_AreToldOnceEach_StepsOfTheRampIncluded()
    {
        var told = new List<(BreakerState, double)>();
        _breaker.Changed += state => told.Add((state, _breaker.Share));
        Open();
        HalfOpen();
        Climb();
        Assert.Equal([(BreakerState.Open, 0), (BreakerState.HalfOpen, 0.01), (BreakerState.HalfOpen, 0.05), (BreakerState.HalfOpen, 0.25), (BreakerState.Closed, 1)], told);
    }

    [Fact]
    public void ResetByHand_ForgetsEverything()
    {
        Open();
        HalfOpen();
        _breaker.Reset();
        Assert.Equal(BreakerState.Closed, _breaker.State);
        Assert.False(_breaker.IsSuspect);
        Open();
        Assert.Equal(0, _breaker.Relapses);
    }

    [Fact]
    public void NoRamp_GoodProbesCloseIt()
    {
        var breaker = new Breaker(new() { Ramp = [], GoodProbes = 1 }, _time);
        for (var i = 0; i < 5; i++) breaker.Report(Leave(breaker), BreakerVerdict.Failure);
        Pass(60);
        Assert.True(breaker.TryProbe(out var probe));
        breaker.Report(probe, BreakerVerdict.Success);
        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public void OtherSettings_HoldForTheNextOpening()
    {
        _breaker.Apply(new() { ConsecutiveFailures = 2, OpenFor = TimeSpan.FromSeconds(7) });
        Fail();
        Fail();
        Assert.Equal(TimeSpan.FromSeconds(7), _breaker.NextProbe);
    }

    private void Open()
    {
        while (_breaker.State == BreakerState.Closed) Fail();
    }

    /// <summary>From open to the ramp's beginning, by good probes.</summary>
    private void HalfOpen()
    {
        while (_breaker.State == BreakerState.Open)
        {
            _time.Advance(_breaker.NextProbe!.Value);
            Probe(good: true);
        }
    }

    /// <summary>Up the ramp, by enough good calls each second.</summary>
    private void Climb()
    {
        while (_breaker.State == BreakerState.HalfOpen)
        {
            Pass(1);
            for (var i = 0; i < 100 && _breaker.State == BreakerState.HalfOpen; i++)
            {
                if (_breaker.TryAcquire(out var permit)) _breaker.Report(permit, BreakerVerdict.Success);
            }
        }
    }

    private List<BreakerPermit> AllLastResorts()
    {
        var permits = new List<BreakerPermit>();
        while (_breaker.TryAcquireAsLastResort(out var permit)) permits.Add(permit);
        return permits;
    }

    private void Probe(bool good)
    {
        Assert.True(_breaker.TryProbe(out var probe));
        _breaker.Report(probe, good ? BreakerVerdict.Success : BreakerVerdict.Failure, good ? null : FailureKind.ProviderError);
    }

    private void Pass(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    private BreakerPermit Leave() => Leave(_breaker);

    private static BreakerPermit Leave(Breaker breaker)
    {
        Assert.True(breaker.TryAcquire(out var permit));
        return permit;
    }

    private void Fail() => _breaker.Report(Leave(), BreakerVerdict.Failure, FailureKind.ProviderError);

    private void Succeed() => _breaker.Report(Leave(), BreakerVerdict.Success);
}
