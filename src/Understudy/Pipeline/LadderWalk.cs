using Understudy.Calls;
using Understudy.CircuitBreaker;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.Retry;
using Understudy.Routing;

namespace Understudy.Pipeline;

/// <summary>
/// Where a call stands on its ladder: which target is next, and after what wait. It goes down, never up, and every
/// target that it passes over is noted with the reason.
/// </summary>
internal sealed class LadderWalk(Engine engine, Call call, long deadline)
{
    /// <summary>A provider that asks to be left alone for longer than this is left when there is somebody else to ask.</summary>
    private static readonly TimeSpan WorthWaiting = TimeSpan.FromSeconds(1);

    /// <summary>A ladder of one target: it gets all the attempts, and a second one also after a hang.</summary>
    private readonly bool _alone = call.Route.Rungs.Sum(rung => rung.Targets.Count) == 1;

    private int _rung = -1;
    private int _index;
    private IReadOnlyList<Target> _targets = [];
    private TargetState? _current;
    private int _attemptsHere;
    private bool _askedInChat;

    /// <summary>The rung it stands on, from 0.</summary>
    public int RungIndex => _rung;

    /// <summary>Whether an answer from here is less than what was asked for.</summary>
    public bool Degraded => call.Route.Rungs[_rung].Model.Degraded;

    /// <summary>The next target to call, with leave of its breaker; null at the ladder's end.</summary>
    /// <param name="last">How the last attempt failed; null before the first.</param>
    public Step? Next(Failure? last)
    {
        if (last is not null && _current is { } here)
        {
            if (Again(here, last) is { } again) return again;
            if (last.Kind is FailureKind.RateLimited or FailureKind.Overloaded && last.RetryAfter is { } asked && asked > WorthWaiting)
            {
                here.Breaker.HoldOff(asked);
            }
            else if (last.Kind == FailureKind.QuotaExhausted)
            {
                here.Breaker.HoldOff(call.Model.Policy.Breaker.MaxOpenFor);
            }
        }

        if (last is { Traits.TryElsewhere: false } || AttemptsLeft <= 0) return null;
        while (Advance() is { } target)
        {
            var state = engine.Targets.Of(target, call.Model.Policy.Breaker);
            if (Refusal(target) is { } refused)
            {
                PassOver(target, refused);
            }
            else if (!state.Breaker.TryAcquire(out var permit))
            {
                PassOver(target, new(FailureKind.BreakerOpen, "its breaker is open"));
            }
            else
            {
                _current = state;
                _attemptsHere = 1;
                return new(state, permit, TimeSpan.Zero);
            }
        }

        return null;
    }

    /// <summary>Whether there is anybody left to ask after the current target.</summary>
    public bool OthersLeft()
    {
        for (var rung = _rung; rung < call.Route.Rungs.Count; rung++)
        {
            var targets = rung == _rung ? _targets : call.Route.Rungs[rung].Targets;
            for (var i = rung == _rung ? _index : 0; i < targets.Count; i++)
            {
                if (Refusal(targets[i]) is null && engine.Targets.Of(targets[i], call.Model.Policy.Breaker).Breaker.WouldAllow) return true;
            }
        }

        return false;
    }

    private int AttemptsLeft => call.Route.Model.MaxAttempts - call.Record.Sent;

    private Step? Again(TargetState here, Failure last)
    {
        if (AttemptsLeft <= 0) return null;
        if (last.Kind == FailureKind.TargetNotAble && here.Target.LacksResponses && !_askedInChat)
        {
            // It was only asked in the wrong protocol: the same target again, at once.
            _askedInChat = true;
            return here.Breaker.TryAcquire(out var leave) ? new(here, leave, TimeSpan.Zero) : null;
        }

        var policy = call.Model.Policy.Retry;
        if (_alone)
        {
            // Nobody else to ask: a hang is worth one more try, and only one, for it may be billed.
            if (!last.Traits.RetryHere && !(last.Traits.RetryAlone && _attemptsHere < 2)) return null;
        }
        else if (!last.Traits.RetryHere || _attemptsHere >= policy.AttemptsPerTarget || (last.RetryAfter > WorthWaiting && OthersLeft()))
        {
            return null;
        }

        var delay = Backoff.Delay(policy, _attemptsHere - 1, last.RetryAfter, engine.Chance);
        var left = engine.Time.GetElapsedTime(engine.Time.GetTimestamp(), deadline);
        if (delay >= left) return null; // an absurd wait is bounded by the deadline: say so now instead of then
        if (!here.Breaker.WouldAllow || !call.Model.RetryBudget.TryWithdraw() || !here.Breaker.TryAcquire(out var permit)) return null;
        _attemptsHere++;
        return new(here, permit, delay);
    }

    private Target? Advance()
    {
        while (_index >= _targets.Count)
        {
            if (++_rung >= call.Route.Rungs.Count) return null;
            _targets = TargetOrder.Of(call.Route.Rungs[_rung], _ => null, engine.Chance);
            _index = 0;
        }

        return _targets[_index++];
    }

    /// <summary>Why a target cannot be called at all; null where it can.</summary>
    private Failure? Refusal(Target target)
    {
        if (call.Model.Policy.Kill.Covers(target.Provider.Name, target.Name)) return new(FailureKind.Killed, "killed by an operator");
        return call.Request.Operation == CallOperation.CountTokens && target.ProtocolFor(call.Request.Protocol) != call.Request.Protocol
            ? new(FailureKind.TargetNotAble, "it has no way to count tokens for this protocol")
            : null;
    }

    private void PassOver(Target target, Failure why) => call.Record.Add(new AttemptRecord
    {
        Target = target.Name,
        Provider = target.Provider.Name,
        Rung = _rung,
        Started = engine.Time.GetTimestamp(),
        Failure = why,
    });
}

/// <summary>What to do next.</summary>
/// <param name="Target">Whom to call.</param>
/// <param name="Permit">The leave of its breaker.</param>
/// <param name="Wait">How long to wait before.</param>
internal readonly record struct Step(TargetState Target, BreakerPermit Permit, TimeSpan Wait);
