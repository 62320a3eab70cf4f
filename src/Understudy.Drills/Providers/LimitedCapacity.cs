using Understudy.Drills.Scenarios;

namespace Understudy.Drills.Providers;

/// <summary>
/// A provider that comes back with less than its normal capacity. Where the ramp says so, every second in which more was
/// asked of it than it could serve does not count towards its recovery: a stampede keeps it down.
/// </summary>
/// <param name="phase">The phase whose <see cref="ScenarioPhase.Capacity"/> it is.</param>
/// <param name="normalPerSecond">Requests a second on a normal day.</param>
public sealed class LimitedCapacity(ScenarioPhase phase, double normalPerSecond)
{
    /// <summary>Seconds' worth of capacity that may be used at once: traffic does not come evenly.</summary>
    private const double Burst = 2;

    private readonly CapacityRamp _ramp = phase.Capacity!;
    private readonly double _length = (phase.ToMinute - phase.FromMinute) * 60;
    private double _room;
    private double _recovered;
    private double _second;
    private double _at;
    private bool _over;

    /// <summary>How far it has recovered, in [0, 1].</summary>
    public double Recovered => Math.Min(1, _recovered / _length);

    /// <summary>Whether it has its full capacity again. A capacity that holds has when its phase is over.</summary>
    public bool IsOver => (_ramp.StampedeSlowsIt ? _recovered : _at) >= _length;

    /// <summary>What a request gets that is one too many.</summary>
    public Outcome Over => _ramp.Over;

    /// <summary>Whether it concerns <paramref name="model"/>.</summary>
    public bool Concerns(string model) => _ramp.Model is null || model.Contains(_ramp.Model, StringComparison.OrdinalIgnoreCase);

    /// <summary>One more request, at the time it has been moved to.</summary>
    /// <returns>Whether it can be served.</returns>
    public bool TryServe()
    {
        if (_room >= 1)
        {
            _room -= 1;
            return true;
        }

        _over = true;
        return false;
    }

    /// <summary>Lets time pass.</summary>
    /// <param name="minute">Minutes since the outage began.</param>
    public void MoveTo(double minute)
    {
        var now = (minute - phase.FromMinute) * 60;
        var whole = Math.Floor(now);
        if (whole > _second)
        {
            var passed = whole - _second;
            _recovered += _ramp.StampedeSlowsIt && _over ? passed - 1 : passed;
            _second = whole;
            _over = false;
        }

        var perSecond = (_ramp.From + ((_ramp.To - _ramp.From) * Recovered)) * normalPerSecond;
        _room = Math.Min(Math.Max(1, Burst * perSecond), _room + ((now - _at) * perSecond));
        _at = now;
    }
}
