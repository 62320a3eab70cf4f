using FsCheck;
using FsCheck.Fluent;
using Understudy.CircuitBreaker;
using Understudy.Configuration;
using Understudy.Drills;
using Understudy.Failures;

namespace Understudy.Tests.CircuitBreaker;

/// <summary>Whatever happens in whatever order: what a breaker promises.</summary>
public sealed class BreakerPropertyTests
{
    [Fact]
    public void Whatever_AnOpenBreakerLetsOnlyProbesThrough_AndTheRampItsShare() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<bool>(), (happenings, traffic) =>
    {
        var world = new World(traffic ? ProbeKind.Traffic : ProbeKind.Synthetic);
        // A target that fails first: else few of the sequences would ever leave the closed state.
        for (var i = 0; i < 5; i++) world.Call(verdict: BreakerVerdict.Failure);
        foreach (var happening in happenings.SelectMany(one => (byte[])[one, (byte)(one ^ 0x55)])) world.Play(happening);
    }).QuickCheckThrowOnFailure();

    private sealed class World
    {
        private readonly VirtualTime _time = new();
        private readonly Breaker _breaker;
        private readonly List<BreakerPermit> _lastResorts = [];
        private readonly ProbeKind _kind;
        private double _share;
        private int _offered;
        private int _entered;
        private int _trickle;

        public World(ProbeKind kind)
        {
            _kind = kind;
            _breaker = new(new() { Probe = kind }, _time);
            _breaker.Changed += _ => (_offered, _entered, _trickle) = (0, 0, 0);
        }

        public void Play(byte happening)
        {
            var verdict = (happening >> 4) switch { < 10 => BreakerVerdict.Success, < 14 => BreakerVerdict.Failure, _ => BreakerVerdict.Neutral };
            switch (happening & 0xF)
            {
                case < 6:
                    for (var i = 0; i < happening; i++) Call(verdict);
                    break;
                case < 9:
                    _time.Advance(TimeSpan.FromSeconds(happening));
                    _trickle++;
                    break;
                case < 12:
                    if (_breaker.NextProbe is { } wait) _time.Advance(wait);
                    if (_breaker.TryProbe(out var probe)) _breaker.Report(probe, verdict, FailureKind.ProviderError);
                    break;
                case < 14:
                    LastResort(verdict);
                    break;
                case 14:
                    _breaker.Suspect();
                    break;
                default:
                    _breaker.HoldOff(TimeSpan.FromSeconds(happening));
                    break;
            }
        }

        public void Call(BreakerVerdict verdict)
        {
            var before = _breaker.State;
            var would = _breaker.WouldAllow;
            _share = _breaker.Share;
            _offered++;
            var allowed = _breaker.TryAcquire(out var permit);
            Assert.Equal(would, allowed);
            if (before == BreakerState.Open)
            {
                Assert.True(!allowed || (_kind == ProbeKind.Traffic && permit.IsProbe), "An open breaker let a call through.");
            }

            if (before == BreakerState.HalfOpen && allowed)
            {
                _entered++;
                var most = Math.Floor(_share * _offered) + 1 + (_kind == ProbeKind.Traffic ? _trickle : 0);
                Assert.True(_entered <= most, $"{_entered} of {_offered} calls at a share of {_share}");
            }

            if (!allowed) return;
            if (verdict == BreakerVerdict.Neutral && permit.Kind == PermitKind.Share && before == BreakerState.HalfOpen) _entered--;
            _breaker.Report(permit, verdict, FailureKind.ProviderError);
        }

        private void LastResort(BreakerVerdict verdict)
        {
            var open = _breaker.State == BreakerState.Open;
            while (_lastResorts.Count < 1000 && _breaker.TryAcquireAsLastResort(out var permit))
            {
                Assert.True(!open || permit.IsProbe, "An open breaker let a last resort through.");
                _lastResorts.Add(permit);
                if (permit.Kind != PermitKind.LastResort) break;
            }

            if (_lastResorts.Count == 0) return;
            _breaker.Report(_lastResorts[^1], verdict, FailureKind.Overloaded);
            _lastResorts.RemoveAt(_lastResorts.Count - 1);
        }
    }
}
