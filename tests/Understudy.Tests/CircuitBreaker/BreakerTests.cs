using Understudy.CircuitBreaker;
using Understudy.Configuration;
using Understudy.Drills;

namespace Understudy.Tests.CircuitBreaker;

public sealed class BreakerTests
{
    private readonly VirtualTime _time = new();
    private readonly Breaker _breaker;

    public BreakerTests() => _breaker = new(new BreakerModel(), _time);

    [Fact]
    public void FiveFailuresInARow_Opens()
    {
        for (var i = 0; i < 4; i++) Fail();
        Assert.Equal(BreakerState.Closed, _breaker.State);
        Fail();
        Assert.Equal(BreakerState.Open, _breaker.State);
        Assert.False(_breaker.TryAcquire(out _));
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
    public void AQuarterFails_StaysClosed()
    {
        for (var i = 0; i < 40; i++)
        {
            if (i % 4 == 3) Fail();
            else Succeed();
        }

        Assert.Equal(BreakerState.Closed, _breaker.State);
    }

    [Fact]
    public void OldFailures_AreForgottenWithTheWindow()
    {
        for (var i = 0; i < 4; i++) Fail();
        Succeed(); // ends the row; the ratio is 4 of 5, so the window must have passed for the next failure not to open it
        Assert.Equal(BreakerState.Closed, _breaker.State);
        _time.Advance(TimeSpan.FromSeconds(66));
        Fail();
        Assert.Equal(BreakerState.Closed, _breaker.State);
    }

    [Fact]
    public void Open_LetsOneProbeThroughAfterAMinute()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(59.9));
        Assert.False(_breaker.TryAcquire(out _));
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.True(_breaker.TryAcquire(out var probe));
        Assert.True(probe.IsProbe);
        Assert.False(_breaker.TryAcquire(out _));
        _breaker.Report(probe, BreakerVerdict.Success);
        Assert.Equal(BreakerState.Closed, _breaker.State);
        Assert.True(_breaker.TryAcquire(out _));
    }

    [Fact]
    public void ProbeFails_OpensForTwiceAsLong()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.True(_breaker.TryAcquire(out var probe));
        _breaker.Report(probe, BreakerVerdict.Failure);
        Assert.Equal(BreakerState.Open, _breaker.State);
        Assert.Equal(TimeSpan.FromSeconds(120), _breaker.OpenFor);
    }

    [Fact]
    public void ProbeWhoseClientLeft_GivesTheNextOneItsPlace()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.True(_breaker.TryAcquire(out var probe));
        _breaker.Report(probe, BreakerVerdict.Neutral);
        Assert.Equal(BreakerState.HalfOpen, _breaker.State);
        Assert.True(_breaker.TryAcquire(out _));
    }

    [Fact]
    public void HangsOfBeforeItOpened_DoNotReopenIt()
    {
        Assert.True(_breaker.TryAcquire(out var old));
        Open();
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.True(_breaker.TryAcquire(out var probe));
        _breaker.Report(old, BreakerVerdict.Failure);
        Assert.Equal(BreakerState.HalfOpen, _breaker.State);
        _breaker.Report(probe, BreakerVerdict.Success);
        _breaker.Report(old, BreakerVerdict.Failure);
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
    }

    [Fact]
    public void HoldOff_IsBoundedByTheLongestBreak()
    {
        _breaker.HoldOff(TimeSpan.FromDays(3));
        Assert.Equal(TimeSpan.FromMinutes(10), _breaker.OpenFor);
    }

    [Fact]
    public void Changes_AreToldOnceEach()
    {
        var told = new List<BreakerState>();
        _breaker.Changed += told.Add;
        Open();
        _time.Advance(TimeSpan.FromSeconds(60));
        _breaker.TryAcquire(out var probe);
        _breaker.Report(probe, BreakerVerdict.Success);
        Assert.Equal([BreakerState.Open, BreakerState.HalfOpen, BreakerState.Closed], told);
    }

    private void Open()
    {
        for (var i = 0; i < 5; i++) Fail();
    }

    private void Fail() => Report(BreakerVerdict.Failure);

    private void Succeed() => Report(BreakerVerdict.Success);

    private void Report(BreakerVerdict verdict)
    {
        Assert.True(_breaker.TryAcquire(out var permit));
        _breaker.Report(permit, verdict);
    }
}
