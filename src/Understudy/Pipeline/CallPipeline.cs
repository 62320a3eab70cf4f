using System.Runtime.CompilerServices;
using Understudy.Calls;
using Understudy.CircuitBreaker;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Hedging;
using Understudy.Observation;
using Understudy.Routing;
using Understudy.Spending;
using Understudy.Timeouts;
using Understudy.Wires;

namespace Understudy.Pipeline;

/// <summary>
/// The way of a call, written once. Every stage stands where it stands for the reason beside it; change the order only
/// with a better reason.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>Observe: first in and last out, so that nothing happens to a call that its record does not tell.</item>
/// <item>Deadline: before everything that can wait, so that every wait below is bounded by one number.</item>
/// <item>Join: before anything is spent, because what is in flight already is paid for; within the deadline, which it shares.</item>
/// <item>Ladder: the outermost loop, for the rungs below are tried one after the other, and a cut answer comes back to it.</item>
/// <item>Rungs without a model: where they stand in the ladder, and never once content has gone out; they always say what they are. The one that asks a person takes time, which the deadline is given.</item>
/// <item>Kill switch: per target and before its breaker, because a killed target must not even be probed.</item>
/// <item>Breaker: before retry, so that a retry asks again for leave; a wait must not outlive the breaker's mind.</item>
/// <item>Hedge: around an attempt and before the commit point, where two may run and one can still be taken back.</item>
/// <item>Retry: spends the budget that all calls share; inside the ladder, so that a short retry can save a fallback.</item>
/// <item>Spend: reserved when nothing but sending is left and settled when all is known, so that the ledger holds what is really in flight.</item>
/// <item>Attempt clocks: innermost, one set an attempt; content moves them, pings do not.</item>
/// <item>Wire: passes bytes through where both sides speak the same protocol, else translates.</item>
/// <item>Commit: the first content. Before it everything may be retried or moved unseen; after it only continued.</item>
/// </list>
/// </remarks>
public sealed class CallPipeline
{
    /// <summary>Timers count milliseconds: what is shorter is no wait.</summary>
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);

    private readonly Engine _engine;

    internal CallPipeline(Engine engine) => _engine = engine;

    /// <summary>Takes a call to its one outcome.</summary>
    /// <param name="call">The call.</param>
    /// <param name="clientLeft">Fires when the client hangs up.</param>
    /// <returns>
    /// A task that ends when the client has all it will get; where it left, when its retry has the answer or nobody came for
    /// it. Until then the request's body and the sink must stay. It does not fail: failures are told to the client.
    /// </returns>
    public async Task RunAsync(Call call, CancellationToken clientLeft)
    {
        // 1. Observe.
        var record = call.Record;
        _engine.Journal.Begin(record);
        try
        {
            call.Reroute(PinnedRoute.Of(_engine.Pins, call.Route));

            // 2. Deadline: one for the whole chain.
            var deadline = record.Started + Ticks(call.UseCase.Deadline);

            // 3. Join: the same call may be in flight already. Else this is one that others can join.
            // Where a person may be asked, whoever joins waits as long as the call may.
            var longest = deadline + Ticks(call.Route.HumanWait);
            if (await Joining.TryJoinAsync(_engine, call, longest, clientLeft).ConfigureAwait(false)) return;
            var flight = call.Flight!;
            try
            {
                flight.Depart(clientLeft);
                await ServeAsync(call, deadline, flight.GivenUp).ConfigureAwait(false);
            }
            finally
            {
                record.Duration = _engine.Time.GetElapsedTime(record.Started);
                if (record.Outcome == CallOutcome.Running) record.Outcome = CallOutcome.Failed;
                call.Lane?.Dispose();
                var ended = flight.EndAsync();
                if (!ended.IsCompletedSuccessfully) await ended.ConfigureAwait(false);
                Joining.Conclude(flight, record);
            }
        }
        finally
        {
            if (record.Outcome == CallOutcome.Running) record.Outcome = CallOutcome.Failed;
            _engine.Journal.End(record);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ServeAsync(Call call, long deadline, CancellationToken clientLeft)
    {
        RungsWithoutModel.CleanHistory(_engine, call);
        if (Deferring.IsAskedFor(call) && await Deferring.TryAcceptAsync(_engine, call, call.Route.Defer!).ConfigureAwait(false)) return;
        if (call.Route.Cache is { } cache && await RungsWithoutModel.TryFreshAsync(_engine, call, cache).ConfigureAwait(false)) return;
        call.Model.RetryBudget.Deposit();
        if (call.Route.Model.Hedge is not null) call.Model.HedgeBudgets[call.Route.Model.Name].Deposit();

        // 4. Ladder: down, target by target, until one answers to the end.
        var walk = new LadderWalk(_engine, call, deadline);
        Failure? last = null;
        Attempt? failed = null;
        try
        {
            while (true)
            {
                if (walk.Next(last) is not { } step)
                {
                    // 5. A rung without a model, where the walk came to one; else the ladder is at its end.
                    if (walk.Aside is not { } rung) break;
                    if (rung is HumanRung human)
                    {
                        if (PersonRung.Put(_engine, call, human) is not { } question) continue;
                        // Nobody waits for a person with a connection in his hand.
                        if (failed is not null) await failed.DisposeAsync().ConfigureAwait(false);
                        failed = null;
                        var (answered, ended) = await PersonRung.AskAsync(_engine, call, human, question, clientLeft).ConfigureAwait(false);
                        if (answered) return;
                        if (ended is not null)
                        {
                            last = ended;
                            break;
                        }

                        deadline = walk.StartAgain(human.Wait);
                        continue;
                    }

                    if (await RungsWithoutModel.TryAnswerAsync(_engine, call, rung).ConfigureAwait(false)) return;
                    continue;
                }

                if (failed is not null) await failed.DisposeAsync().ConfigureAwait(false);
                failed = null;
                if (step.Wait > TimeSpan.Zero)
                {
                    if (!await WaitAsync(step, clientLeft).ConfigureAwait(false))
                    {
                        last = new(FailureKind.ClientLeft, "the client left while waiting to retry");
                        break;
                    }

                    if (walk.LostWhileWaiting(step) is { } lost)
                    {
                        last = lost;
                        continue;
                    }
                }

                var attempt = new Attempt(_engine, call, step, Limits(call, walk, step.Target.Target, deadline), deadline, clientLeft);
                failed = attempt;
                if (Hedge(call, walk, step) is { } hedged)
                {
                    (last, attempt) = await HedgeAsync(hedged, call, walk, attempt, deadline, clientLeft).ConfigureAwait(false);
                    failed = attempt;
                }
                else
                {
                    last = await TryAsync(call, step, attempt).ConfigureAwait(false);
                }

                if (last is null)
                {
                    failed = null;
                    attempt.FinishInBackground();
                    return;
                }

                if (call.Begun && (last.Kind == FailureKind.ClientLeft || !TakeOver(call, attempt, walk))) break;
            }

            await FinalAnswer.SendAsync(_engine, call, last, failed).ConfigureAwait(false);
        }
        finally
        {
            if (failed is not null) await failed.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>One attempt, from sending to its end.</summary>
    /// <returns>How it failed; null where the client has its whole answer.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Failure?> TryAsync(Call call, Step step, Attempt attempt)
    {
        var record = call.Record;
        var failure = Readable(call, translated: !attempt.PassThrough) ?? attempt.Prepare();
        var started = _engine.Time.GetTimestamp(); // the making of the request is our time, what follows the provider's
        var told = new AttemptRecord
        {
            Target = step.Target.Target.Name,
            Provider = step.Target.Target.Provider.Name,
            Rung = step.Rung,
            Hedge = step.IsHedge,
            Continuation = call.Lane is not null,
            Started = started,
            Waited = step.Wait,
        };
        record.Add(told);
        Reservation? reservation = null;
        failure ??= SpendStage.Reserve(_engine, call, step.Target.Target, told, out reservation);
        var verdict = BreakerVerdict.Neutral;
        try
        {
            if (failure is null)
            {
                record.Sent++;
                told.Sent = true;
                failure = await attempt.OpenAsync().ConfigureAwait(false);
                // Here and not at the end: a code that lies must not reach the client, nor end the ladder.
                if (failure is not null) failure = step.Target.Refusals.Judge(failure, record.Client ?? "", failure.Kind == FailureKind.RateLimited ? attempt.BucketHasRoom() : null);
                if (failure is null && attempt.Race is { } race) failure = race.Win(attempt);
            }

            if (failure is null)
            {
                var first = _engine.Time.GetElapsedTime(started);
                step.Target.Target.Learn(first);
                if (call.Request.Operation == CallOperation.Generate) step.Target.FirstContents.Learn(RequestClass.Of(call.Request), first);
                record.FirstContent ??= _engine.Time.GetElapsedTime(record.Started);
                if (told.Continuation) HandedOver(record, told);
                failure = await HandOnAsync(call, step, attempt).ConfigureAwait(false);
            }

            verdict = failure switch
            {
                null => BreakerVerdict.Success,
                { Traits.CountsAgainstTarget: true } => BreakerVerdict.Failure,
                // It was asked and it answered, only not with an answer: that is a sign of life.
                { Kind: FailureKind.BadRequest or FailureKind.TranslationRefused } => BreakerVerdict.Success,
                _ => BreakerVerdict.Neutral,
            };
            return failure;
        }
        finally
        {
            step.Target.Breaker.Report(step.Permit, verdict, failure?.Kind, mayDrift: MayDrift(failure));
            told.Duration = _engine.Time.GetElapsedTime(started);
            told.Failure = failure;
            told.Usage = attempt.Usage;
            if (failure is { Kind: FailureKind.HedgeLost }) Overtaken(call, step, told);
            SpendStage.Settle(_engine, call, attempt, told, reservation);
            if (failure is null)
            {
                step.Target.Refusals.Answered(record.Client ?? "");
                Succeed(call, step, attempt);
            }
        }
    }

    /// <summary>Whether an end tells of a target that gets worse: one that is full is not ill, and a 400 that lies is told apart and moved at no cost (decision 0024).</summary>
    private static bool MayDrift(Failure? failure) => failure switch
    {
        { Kind: FailureKind.RateLimited or FailureKind.QuotaExhausted } => false,
        { Kind: FailureKind.FalseRefusal, Status: not (401 or 403 or 429) } => false,
        _ => true,
    };

    /// <summary>How to hedge an attempt; null where it runs alone: always without the route's wish, and while nothing is known of the target.</summary>
    private HedgedTry? Hedge(Call call, LadderWalk walk, Step step)
    {
        if (call.Route.Model.Hedge is not { } model || call.Begun || call.Lane is not null || call.Request.Operation != CallOperation.Generate) return null;
        var after = model.After ?? step.Target.FirstContents.Quantile(RequestClass.Of(call.Request), model.Quantile);
        return after is { } late ? new(_engine, walk, step, late, call.Model.HedgeBudgets[call.Route.Model.Name], model.SameTarget) : null;
    }

    // Apart, because a method whose lambda captures makes the capture at every call, hedged or not.
    private ValueTask<(Failure?, Attempt)> HedgeAsync(HedgedTry hedged, Call call, LadderWalk walk, Attempt attempt, long deadline, CancellationToken clientLeft) =>
        hedged.RunAsync(
            attempt,
            beside => new(_engine, call, beside, Limits(call, walk, beside.Target.Target, deadline), deadline, clientLeft),
            (at, one) => TryAsync(call, at, one));

    /// <summary>Whether the request can be read where it must be translated.</summary>
    internal static Failure? Readable(Call call, bool translated)
    {
        if (!translated || call.Conversation is not null) return null;
        try
        {
            // Gemini has the model and the wish for a stream in the path.
            call.Understand(Wire.Of(call.Request.Protocol).ReadRequest(call.Request.Body.Span) with { Model = call.Request.Model, Stream = call.Request.Stream });
            return null;
        }
        catch (WireFormatException malformed)
        {
            return new(FailureKind.BadRequest, "the request is not what its protocol says") { ToldSensitive = $"{malformed.Path}: {malformed.Message}" };
        }
    }

    /// <summary>The commit point, and everything after it.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<Failure?> HandOnAsync(Call call, Step step, Attempt attempt)
    {
        if (call.Request.Stream)
        {
            if (!call.Begun)
            {
                call.Begun = true;
                attempt.Commit();
                if (!call.Announced) call.Sink.Begin(Head(call, step, attempt) with { ContentType = attempt.PassThrough ? null : "text/event-stream; charset=utf-8" });
            }

            return await attempt.PumpAsync().ConfigureAwait(false);
        }

        using var translated = new PooledBuffer();
        var body = attempt.Body;
        if (!attempt.PassThrough)
        {
            Translate(call, attempt, translated);
            body = translated.Written;
        }

        call.Begun = true;
        call.Sink.Begin(Head(call, step, attempt) with
        {
            ContentType = attempt.PassThrough ? null : "application/json",
            ContentLength = body.Length,
        });
        return await call.Sink.WriteAsync(body, CancellationToken.None).ConfigureAwait(false)
            ? null
            : new(FailureKind.ClientLeft, "the client left");
    }

    private static void Translate(Call call, Attempt attempt, PooledBuffer output)
    {
        var answer = attempt.ReadAnswer();
        Wire.Of(call.Request.Protocol).WriteAnswer(answer, AnswerContexts.For(call, attempt.ToolNames), output);
    }

    private static AnswerHead Head(Call call, Step step, Attempt attempt) => new()
    {
        Status = 200,
        PassThrough = attempt.PassThrough ? attempt.Reply : null,
        RequestId = call.Record.Id,
        ServedBy = attempt.Target.Target.Name,
        Degraded = step.Degraded,
        Attempts = call.Record.Sent,
    };

    /// <summary>After a cut: makes the call one that goes on where the client stands, and starts the ladder anew for it.</summary>
    /// <returns>Whether anybody could go on.</returns>
    private static bool TakeOver(Call call, Attempt cut, LadderWalk walk)
    {
        if (!call.Request.Stream) return false; // the client left in the middle of a whole body
        if (Readable(call, translated: true) is not null) return false;
        var lane = cut.Interrupted();
        if (lane is null) return false;
        call.Lane = lane;
        // The client has whole tool calls: it can run those. Asking for more of the turn could call them twice.
        if (lane.HasToolCalls || !lane.CanGoOn || cut.IsRepeating) return false;
        if (call.Conversation?.Output is not null && lane.HasWholeDocument) return false;
        return true;
    }

    /// <summary>What an overtaken attempt leaves behind: its cost, and that its target takes at least this long.</summary>
    private static void Overtaken(Call call, Step step, AttemptRecord told)
    {
        // Without it only the fast calls would be learnt from, and every estimate would sink until all calls are late.
        if (!step.IsHedge) step.Target.FirstContents.Learn(RequestClass.Of(call.Request), told.Duration);
    }

    private void Succeed(Call call, Step step, Attempt attempt)
    {
        var record = call.Record;
        record.Outcome = step.Degraded ? CallOutcome.Degraded : CallOutcome.Answered;
        record.ServedBy = step.Target.Target.Name;
        record.Usage += attempt.Usage;
        if (call.Cache is { } pass && record is { Outcome: CallOutcome.Answered, Continued: false }) RungsWithoutModel.Keep(_engine, call, pass.Key, attempt);
        if (record.Continued)
        {
            _engine.Journal.Tell(new(_engine.Time.GetUtcNow(), "continued", step.Target.Target.Name, $"a cut answer was continued by {step.Target.Target.Name}"));
        }
    }

    /// <summary>Another target's words go out from here: the one that was cut is out of this answer.</summary>
    private void HandedOver(CallRecord record, AttemptRecord to)
    {
        record.Continued = true;
        if (record.Attempts.LastOrDefault(told => told.Sent && told != to) is not { } from) return;
        _engine.Journal.Tell(new(_engine.Time.GetUtcNow(), "handed_over", to.Target, $"an answer that {from.Target} began ({FailureWords.Of(from.Failure?.Kind ?? FailureKind.CutShort)}) is handed over to {to.Target}"));
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * _engine.Time.TimestampFrequency);

    private ClockLimits Limits(Call call, LadderWalk walk, Target target, long deadline)
    {
        var now = _engine.Time.GetTimestamp();
        var remaining = _engine.Time.GetElapsedTime(now, Math.Max(deadline, now));
        var usual = call.Request.Stream ? null : _engine.Answers.Usual(call.Route.Model.Name, target.Name);
        return ClockLimits.For(call.UseCase, call.Request, usual, remaining, walk.OthersLeft());
    }

    /// <summary>Waits before a retry.</summary>
    /// <returns>False where the client left meanwhile; the breaker's leave is then given back.</returns>
    private async ValueTask<bool> WaitAsync(Step step, CancellationToken clientLeft)
    {
        if (step.Wait < ShortestWait) return true;
        // No Task.Delay: one that is called off goes on on another thread, and in virtual time the order of things must be its own.
        var over = new TaskCompletionSource();
        await using var timer = _engine.Time.CreateTimer(static over => ((TaskCompletionSource)over!).TrySetResult(), over, step.Wait, Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        await using var registration = clientLeft.UnsafeRegister(static over => ((TaskCompletionSource)over!).TrySetResult(), over).ConfigureAwait(false);
        await over.Task.ConfigureAwait(false);
        if (!clientLeft.IsCancellationRequested) return true;
        step.Target.Breaker.Report(step.Permit, BreakerVerdict.Neutral);
        return false;
    }
}
