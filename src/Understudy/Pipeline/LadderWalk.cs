using Understudy.Calls;
using Understudy.CircuitBreaker;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.Quotas;
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

    /// <summary>The share of each rate limit that deferred work does not touch.</summary>
    private const double LeftToThoseWhoWait = 0.3;

    private static readonly Func<LadderWalk, TargetState, bool> _isWell = static (walk, other) => other.Breaker.WouldAllow && !walk.IsLow(other.Target, other.Quota);

    private int _rung = -1;
    private int _index;
    private IReadOnlyList<Target> _targets = [];
    private TargetState? _current;
    private int _attemptsHere;
    private Standing _before;
    private bool _askedInChat;
    private bool _askedInItsTerms;
    private Queue<(int Rung, Target Target)>? _spared;
    private int? _returnedTo;
    private int _asked = -1;
    private int _extra;
    private bool _anew;

    /// <summary>
    /// The rung without a model at which <see cref="Next"/> gave null: it may answer itself, and if it does not, the walk
    /// goes on below it. Null at the ladder's end, and where nothing but the error can follow.
    /// </summary>
    public RungModel? Aside { get; private set; }

    /// <summary>The next target to call, with leave of its breaker; null at the ladder's end.</summary>
    /// <param name="last">How the last attempt failed; null before the first.</param>
    public Step? Next(Failure? last)
    {
        Aside = null;
        if (_anew) last = null; // it is of an earlier time
        _anew = false;
        if (last is not null && _current is { } here)
        {
            if (Again(here, last) is { } again) return again;
            HoldOff(here, last);
        }

        if (last is { Traits.TryElsewhere: false } || AttemptsLeft <= 0) return Below(last);
        while (Advance() is { } target)
        {
            var state = engine.Targets.Of(target, call.Model.Policy.Breaker);
            if (Refusal(target) is { } refused)
            {
                PassOver(target, refused);
            }
            else if (call.IsReplay && IsLow(target, state.Quota, LeftToThoseWhoWait))
            {
                PassOver(target, new(FailureKind.QuotaLow, "what is left of its rate limit is for calls that somebody waits for"));
            }
            else if (IsSpared(target, state.Quota))
            {
                PassOver(target, new(FailureKind.QuotaLow, "close to its rate limit"));
            }
            else if (!TryEnter(state, out var permit))
            {
                if (IsLeftForAWellOne(state)) Spare(target);
                PassOver(target, WhyClosed(state.Breaker));
            }
            else
            {
                _current = state;
                _attemptsHere = 1;
                _askedInItsTerms = false;
                return To(state, permit, TimeSpan.Zero);
            }
        }

        return null;
    }

    /// <summary>
    /// Whom to ask beside the current target: the next one that is well and gives no less. The walk then stands there;
    /// <see cref="StepBack"/> takes it back. A breaker that is being tried is left alone: a hedge is no probe.
    /// </summary>
    /// <param name="sameTarget">Whether it may be the current target again, where it is the only one.</param>
    public Step? Beside(bool sameTarget)
    {
        _before = new(_rung, _index, _targets, _current, _attemptsHere, Aside, _returnedTo, _spared?.ToArray());
        if (AttemptsLeft <= 0) return null;
        var degraded = Degraded;
        while (Advance() is { } target && (degraded || !Degraded))
        {
            var state = engine.Targets.Of(target, call.Model.Policy.Breaker);
            if (Refusal(target) is null && IsWell(state, out var permit))
            {
                _current = state;
                _attemptsHere = 1;
                return To(state, permit, TimeSpan.Zero) with { IsHedge = true };
            }
        }

        StepBack();
        if (!sameTarget || !call.Route.HasOneTarget || Refusal(_current!.Target) is not null || !IsWell(_current, out var again)) return null;
        _attemptsHere++;
        return To(_current, again, TimeSpan.Zero) with { IsHedge = true };
    }

    /// <summary>
    /// A person was asked and did not answer. Meanwhile a model may be well again: they are asked once more from the top,
    /// where there is time and the retries' budget has room for it, with one attempt at the least. Then comes what stands
    /// below the person.
    /// </summary>
    /// <param name="waited">By how much the call's deadline is put off: the person's time is not the models'.</param>
    /// <returns>The new deadline.</returns>
    public long StartAgain(TimeSpan waited)
    {
        deadline += (long)(waited.TotalSeconds * engine.Time.TimestampFrequency);
        var left = engine.Time.GetElapsedTime(engine.Time.GetTimestamp(), deadline);
        if (left < WorthWaiting || (call.Record.Sent > 0 && !call.Model.RetryBudget.TryWithdraw())) return deadline;
        if (AttemptsLeft <= 0) _extra = 1 - AttemptsLeft;
        (_asked, _rung, _index, _targets, _spared, _returnedTo, _anew) = (_rung, -1, 0, [], null, null, true);
        return deadline;
    }

    /// <summary>Undoes <see cref="Beside"/>: the first attempt is the one that counts.</summary>
    public void StepBack()
    {
        (_rung, _index, _targets, _current, _attemptsHere, Aside, _returnedTo, var spared) = _before;
        _spared = spared is null ? null : new(spared);
    }

    /// <summary>
    /// Whether a step may not be taken any more after its wait: others may have failed meanwhile and opened the breaker,
    /// and then nothing goes through it.
    /// </summary>
    /// <returns>Why not, noted, and the leave given back; null where it may.</returns>
    public Failure? LostWhileWaiting(Step step)
    {
        if (step.Target.Breaker.Holds(step.Permit)) return null;
        step.Target.Breaker.Report(step.Permit, BreakerVerdict.Neutral);
        var why = new Failure(FailureKind.BreakerOpen, "its breaker opened during the wait");
        PassOver(step.Target.Target, why);
        return why;
    }

    /// <summary>Leaves a target alone for as long as it asked, or for as long as waiting is all that helps.</summary>
    public void HoldOff(TargetState target, Failure failure)
    {
        if (failure.Kind is FailureKind.RateLimited or FailureKind.Overloaded && failure.RetryAfter is { } asked && asked > WorthWaiting)
        {
            target.Breaker.HoldOff(asked, failure.Kind);
        }
        else if (failure.Kind == FailureKind.QuotaExhausted)
        {
            target.Breaker.Trip(failure.Kind, call.Model.Policy.Breaker.MaxOpenFor);
        }
        else if (failure.Kind == FailureKind.KeyRejected && !target.Refusals.EverAnswered)
        {
            target.Breaker.Trip(failure.Kind, TimeSpan.Zero); // a key that never worked does not begin to at the fifth try
        }
    }

    /// <summary>Whether there is anybody left to ask after the current target.</summary>
    public bool OthersLeft() => CountOthers(most: 1) > 0;

    /// <summary>How many targets there are to ask after the current one; counts no further than <paramref name="most"/>.</summary>
    private int CountOthers(int most)
    {
        var spared = _spared?.Count ?? 0;
        return spared >= most ? spared : spared + CountBelow(most - spared, static (_, other) => other.Breaker.WouldAllowAsLastResort);
    }

    /// <summary>How many of the targets further down may be called and are as wanted; counts no further than <paramref name="most"/>.</summary>
    private int CountBelow(int most, Func<LadderWalk, TargetState, bool> isWanted, bool undegradedOnly = false)
    {
        var count = 0;
        for (var rung = _rung; rung < call.Route.Rungs.Count; rung++)
        {
            if (undegradedOnly && call.Route.Rungs[rung].Model.Degraded) continue;
            var targets = rung == _rung ? _targets : call.Route.Rungs[rung].Targets;
            for (var i = rung == _rung ? _index : 0; i < targets.Count && count < most; i++)
            {
                if (Refusal(targets[i]) is null && isWanted(this, engine.Targets.Of(targets[i], call.Model.Policy.Breaker))) count++;
            }
        }

        return count;
    }

    private int AttemptsLeft => call.Route.Model.MaxAttempts + _extra - call.Record.Sent;

    private Step? Again(TargetState here, Failure last)
    {
        if (AttemptsLeft <= 0) return null;
        if (last.Kind == FailureKind.TargetNotAble && here.Target.LacksResponses && !_askedInChat)
        {
            // It was only asked in the wrong protocol: the same target again, at once.
            _askedInChat = true;
            return TryEnter(here, out var leave) ? To(here, leave, TimeSpan.Zero) : null;
        }

        if (IsRefusedUnadapted(here, last))
        {
            _askedInItsTerms = true;
            return TryEnter(here, out var leave) ? To(here, leave, TimeSpan.Zero) with { Adapted = true } : null;
        }

        var policy = call.Model.Policy.Retry;
        if (call.Route.HasOneTarget)
        {
            // Nobody else to ask: it gets all the attempts, and a hang is worth one more try, and only one, for it may be billed.
            if (!last.Traits.RetryHere && !(last.Traits.RetryAlone && _attemptsHere < 2)) return null;
        }
        else if (!last.Traits.RetryHere || _attemptsHere >= policy.AttemptsPerTarget || (last.RetryAfter > WorthWaiting && OthersLeft()))
        {
            return null;
        }
        else if (CountOthers(AttemptsLeft) >= AttemptsLeft)
        {
            return null; // a second try here would take a target further down its only one
        }

        var delay = Backoff.Delay(policy, _attemptsHere - 1, last.RetryAfter, engine.Chance);
        var left = engine.Time.GetElapsedTime(engine.Time.GetTimestamp(), deadline);
        if (delay >= left) return null; // an absurd wait is bounded by the deadline: say so now instead of then
        if (!WouldEnter(here) || !call.Model.RetryBudget.TryWithdraw() || !TryEnter(here, out var permit)) return null;
        _attemptsHere++;
        return To(here, permit, delay);
    }

    /// <summary>
    /// Whether another model of the client's own protocol got the client's bytes and refused them: generations of one
    /// vendor differ in what they take (budgets, sampling, effort), and the request can be told in the model's own terms.
    /// </summary>
    private bool IsRefusedUnadapted(TargetState here, Failure last) =>
        last is { Kind: FailureKind.TranslationRefused, Status: 400 or 422 } && !_askedInItsTerms && call.Lane is null
        && call.Request.Operation == CallOperation.Generate && here.Target.ProtocolFor(call.Request.Protocol) == call.Request.Protocol;

    /// <summary>Asks the breaker for leave: in the ordinary way, and where nobody else is left to ask, as the last resort. Deferred work can wait.</summary>
    private bool TryEnter(TargetState state, out BreakerPermit permit) =>
        state.Breaker.TryAcquire(out permit) || (MayEnterAnyway(state) && state.Breaker.TryAcquireAsLastResort(out permit));

    private bool WouldEnter(TargetState state) =>
        state.Breaker.WouldAllow || (state.Breaker.WouldAllowAsLastResort && MayEnterAnyway(state));

    private bool MayEnterAnyway(TargetState state) => !call.IsReplay && (state.Breaker.IsAiling ? !IsLeftForAWellOne(state) : !OthersLeft());

    /// <summary>
    /// Whether a target of whose calls too many fail is left for one that is well; it comes again before the ladder goes on
    /// without a model. Most of its calls go well all the same: to give all of them less than they asked for would be the
    /// greater harm.
    /// </summary>
    private bool IsLeftForAWellOne(TargetState state) => state.Breaker.IsAiling && _returnedTo is null && CountBelow(1, _isWell, undegradedOnly: !Degraded) > 0;

    private static Failure WhyClosed(Breaker breaker) => breaker.State switch
    {
        BreakerState.HalfOpen or BreakerState.Closed => new(FailureKind.Recovering, "its breaker is half-open, and its share of calls is taken"),
        BreakerState.Open when breaker.Cause == FailureKind.KeyRejected => new(FailureKind.KeyRejected, "its breaker is open: it rejects the gateway's key"),
        BreakerState.Open when breaker.IsAiling => new(FailureKind.BreakerOpen, "its breaker is open: too many of its calls fail"),
        BreakerState.Open => new(FailureKind.BreakerOpen, "its breaker is open"),
    };

    private int RungIndex => _returnedTo ?? _rung;

    private int RungNumber => call.Route.Rungs[RungIndex].Number;

    private bool Degraded => call.Route.Rungs[RungIndex].Model.Degraded;

    private static bool IsWell(TargetState target, out BreakerPermit permit)
    {
        permit = default;
        return target.Breaker.State == BreakerState.Closed && target.Breaker.TryAcquire(out permit);
    }

    private Step To(TargetState target, BreakerPermit permit, TimeSpan wait) => new(target, permit, wait) { Rung = RungNumber, Degraded = Degraded };

    private Target? Advance()
    {
        while (_index >= _targets.Count)
        {
            if (IsAboveModelless && Return() is { } spared) return spared;
            _returnedTo = null;
            if (++_rung >= call.Route.Rungs.Count || StandsAside(call.Route.Rungs[_rung])) return null;
            var rung = call.Route.Rungs[_rung];
            // One target needs no order, and a delegate to price it would be made for nothing at every call.
            _targets = rung.Targets.Count < 2 ? rung.Targets : WithoutSuspects(rung, TargetOrder.Of(rung, target => SpendStage.Expect(engine, call, target), engine.Chance));
            _index = 0;
        }

        return _targets[_index++];
    }

    /// <summary>Whether the next step down is no model: the ladder's end, or a rung that answers itself.</summary>
    private bool IsAboveModelless => _rung + 1 >= call.Route.Rungs.Count || call.Route.Rungs[_rung + 1].Model is not TargetRung;

    /// <summary>A target that was spared: it comes again before the ladder goes on without a model.</summary>
    private Target? Return()
    {
        if (_spared is not { Count: > 0 } spared) return null;
        (_returnedTo, var target) = spared.Dequeue();
        return target;
    }

    /// <summary>Whether a target is so close to its provider's rate limit that it is left for another one that is not.</summary>
    private bool IsSpared(Target target, TargetQuota quota)
    {
        if (_returnedTo is not null || !IsLow(target, quota) || CountBelow(1, _isWell) == 0) return false;
        Spare(target);
        return true;
    }

    private void Spare(Target target) => (_spared ??= new()).Enqueue((_rung, target));

    private bool IsLow(Target target, TargetQuota quota) => IsLow(target, quota, call.Model.Policy.Quotas.LeaveBelow);

    private bool IsLow(Target target, TargetQuota quota, double leaveBelow)
    {
        if (leaveBelow <= 0 || !quota.IsKnown) return false;
        var size = engine.Answers.Expect(call.Route.Model.Name, target.Name, call.Request);
        return quota.HasRoom(size.Input, size.Output, leaveBelow) == false;
    }

    /// <summary>No model is to be asked any more: what is left are the rungs that need none.</summary>
    private Step? Below(Failure? last)
    {
        if (last is { Traits.Side: FailureSide.Client }) return null;
        while (Advance() is not null)
        {
            // passed by: a rung without a model stops it
        }

        return null;
    }

    private bool StandsAside(Rung rung)
    {
        // After the first content only the same answer may follow: nothing of ours is ever glued to it.
        // And deferred work is done by models, or later.
        if (rung.Model is TargetRung || _rung <= _asked || call.Begun || call.IsReplay || call.Request.Operation != CallOperation.Generate) return false;
        Aside = rung.Model;
        _current = null; // what failed above is not tried again from here
        return true;
    }

    /// <summary>
    /// Puts targets behind their equals that may soon be ill of what took a sibling down: who falls from one sibling to
    /// the next brings the stampede along. Where the operator gave the order, it stays.
    /// </summary>
    private IReadOnlyList<Target> WithoutSuspects(Rung rung, IReadOnlyList<Target> targets)
    {
        if (rung.Model is TargetRung { Pick: PickRule.InOrder }) return targets;
        return [.. targets.OrderBy(target => engine.Targets.Of(target, call.Model.Policy.Breaker).Breaker.IsSuspect)];
    }

    /// <summary>Why a target cannot be called at all; null where it can.</summary>
    private Failure? Refusal(Target target)
    {
        if (engine.IsKilled(call.Model.Policy, target.Provider.Name, target.Name)) return new(FailureKind.Killed, "killed by an operator");
        return call.Request.Operation == CallOperation.CountTokens && target.ProtocolFor(call.Request.Protocol) != call.Request.Protocol
            ? new(FailureKind.TargetNotAble, "it has no way to count tokens for this protocol")
            : null;
    }

    /// <summary>Where the walk stood before it looked for somebody to ask beside.</summary>
    private readonly record struct Standing(
        int Rung, int Index, IReadOnlyList<Target> Targets, TargetState? Current, int AttemptsHere, RungModel? Aside, int? ReturnedTo, (int Rung, Target Target)[]? Spared);

    private void PassOver(Target target, Failure why) => call.Record.Add(new AttemptRecord
    {
        Target = target.Name,
        Provider = target.Provider.Name,
        Rung = RungNumber,
        Started = engine.Time.GetTimestamp(),
        Failure = why,
    });
}

/// <summary>What to do next.</summary>
/// <param name="Target">Whom to call.</param>
/// <param name="Permit">The leave of its breaker.</param>
/// <param name="Wait">How long to wait before.</param>
internal readonly record struct Step(TargetState Target, BreakerPermit Permit, TimeSpan Wait)
{
    /// <summary>Whether the request is to be written anew for the target's model although both speak the same protocol.</summary>
    public bool Adapted { get; init; }

    /// <summary>The rung it stands on, from 0.</summary>
    public int Rung { get; init; }

    /// <summary>Whether an answer from there is less than what was asked for.</summary>
    public bool Degraded { get; init; }

    /// <summary>Whether it is an attempt beside another one.</summary>
    public bool IsHedge { get; init; }
}
