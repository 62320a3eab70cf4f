using Understudy.Configuration;

namespace Understudy.CircuitBreaker;

/// <summary>
/// The way back to full traffic: shares of it, one step after the other, each left upwards on evidence alone. Not
/// thread-safe: its breaker locks.
/// </summary>
/// <remarks>
/// A step is done when it has lasted its time and enough of its own calls were good. Where fewer calls come than that,
/// the time counts for which good answers (of calls or of probes) vouch: each for what has passed since the one before
/// it, but for two probes' gap at the most, so that silence proves nothing.
/// </remarks>
internal sealed class Ramp
{
    private const int Vouchers = 2;
    private const int ProbesAStep = 10;

    /// <summary>The first bad sign turns a ramp back, until it has had so many calls that even an ordinary target would show one.</summary>
    private const int CallsWithoutOne = 10;

    /// <summary>Less than what one failure counts: alone among a few calls it is enough.</summary>
    private const double EvidenceOfOne = 1.5;

    private readonly BreakerModel _model;
    private readonly TimeProvider _time;
    private readonly TimeSpan _stepTime;
    private readonly Drift _drift;
    private int _outcomes;
    private long _begun;
    private long _lastGood;
    private long _lastEntered;
    private TimeSpan _vouched;
    private int _goodCalls;
    private int _goods;
    private long _offered;
    private long _entered;

    /// <summary>A ramp at its first step.</summary>
    /// <param name="model">The settings; with one step at the least.</param>
    /// <param name="relapses">How often the target fell back of late: each doubles the ramp's time.</param>
    /// <param name="time">The time.</param>
    public Ramp(BreakerModel model, int relapses, TimeProvider time)
    {
        _model = model;
        _time = time;
        _drift = new(model);
        Length = Growth.Doubled(model.RampFor, relapses, model.MaxRampFor);
        _stepTime = Length / model.Ramp.Count;
        ProbeGap = _stepTime / ProbesAStep > model.ProbeEvery ? _stepTime / ProbesAStep : model.ProbeEvery;
        Begin(step: 0);
    }

    /// <summary>The least time from its first call to full traffic.</summary>
    public TimeSpan Length { get; }

    /// <summary>How long it may be without an answer before it is probed.</summary>
    public TimeSpan ProbeGap { get; }

    /// <summary>The step, from 0.</summary>
    public int Step { get; private set; }

    /// <summary>The step's share of traffic, from 0 to 1.</summary>
    public double Share => _model.Ramp[Step] / 100;

    /// <summary>Whether the next call would be within the share.</summary>
    public bool HasRoom => IsRoomFor(_offered + 1);

    /// <summary>A call that would be served here if all were well.</summary>
    /// <returns>Whether it is. The first of a step is: no step waits for its hundredth call to begin.</returns>
    public bool TryEnter()
    {
        _offered++;
        if (!IsRoomFor(_offered)) return false;
        _entered++;
        _lastEntered = _time.GetTimestamp();
        return true;
    }

    /// <summary>A call that was let in says nothing of the target: another may take its place.</summary>
    /// <param name="step">The step it was let in at.</param>
    public void GiveBack(int step)
    {
        if (step == Step && _entered > 0) _entered--;
    }

    /// <summary>A good answer.</summary>
    /// <param name="isCallOfThisStep">Whether it was a real call that this step let in: what a lower step let in proves nothing of this one's load.</param>
    /// <returns>Whether the step is done.</returns>
    public bool Good(bool isCallOfThisStep)
    {
        var now = _time.GetTimestamp();
        var since = _time.GetElapsedTime(_lastGood, now);
        var most = ProbeGap * Vouchers;
        _vouched += since < most ? since : most;
        _lastGood = now;
        _goods++;
        _outcomes++;
        _drift.Good();
        if (isCallOfThisStep) _goodCalls++;
        return (_goodCalls >= _model.RampCalls && _time.GetElapsedTime(_begun, now) >= _stepTime)
            || (_goods >= Vouchers && _vouched >= _stepTime * Vouchers);
    }

    /// <summary>A call failed.</summary>
    /// <returns>Whether it was one too many. Of hundreds of calls some fail on the best of days, and to turn back for one would keep a busy target away for ever.</returns>
    public bool Bad()
    {
        _outcomes++;
        if (!_drift.IsOn) return true;
        _drift.Bad();
        return _drift.Evidence >= EvidenceOfOne + Math.Log(Math.Max(_outcomes / (double)CallsWithoutOne, 1));
    }

    /// <summary>Goes one step up.</summary>
    /// <returns>False at the last: full traffic comes next.</returns>
    public bool TryAdvance()
    {
        if (Step + 1 >= _model.Ramp.Count) return false;
        Begin(Step + 1);
        return true;
    }

    /// <summary>Goes one step down, or begins the first anew.</summary>
    public void Retreat() => Begin(Math.Max(Step - 1, 0));

    private bool IsRoomFor(long offered) => _entered <= Math.Floor(Share * offered)
        // Where no probes are sent, a call in each one's place.
        || (_model.Probe == ProbeKind.Traffic && _time.GetElapsedTime(_lastEntered) >= _model.ProbeEvery);

    private void Begin(int step)
    {
        Step = step;
        _begun = _lastGood = _lastEntered = _time.GetTimestamp();
        _vouched = TimeSpan.Zero;
        _goods = _goodCalls = 0;
        _offered = _entered = 0;
    }
}
