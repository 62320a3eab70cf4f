using System.Runtime.CompilerServices;
using Understudy.Calls;
using Understudy.CircuitBreaker;
using Understudy.Failures;
using Understudy.Observation;
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
/// <item>Ladder: the outermost loop, for the rungs below are tried one after the other, and a cut answer comes back to it.</item>
/// <item>Rungs without a model: where they stand in the ladder, and never once content has gone out; they always say what they are.</item>
/// <item>Kill switch: per target and before its breaker, because a killed target must not even be probed.</item>
/// <item>Breaker: before retry, so that a retry asks again for leave; a wait must not outlive the breaker's mind.</item>
/// <item>Retry: spends the budget that all calls share; inside the ladder, so that a short retry can save a fallback.</item>
/// <item>Attempt clocks: innermost, one set an attempt; content moves them, pings do not.</item>
/// <item>Wire: passes bytes through where both sides speak the same protocol, else translates.</item>
/// <item>Commit: the first content. Before it everything may be retried or moved unseen; after it only continued.</item>
/// </list>
/// </remarks>
public sealed class CallPipeline
{
    private readonly Engine _engine;

    internal CallPipeline(Engine engine) => _engine = engine;

    /// <summary>Takes a call to its one outcome.</summary>
    /// <param name="call">The call.</param>
    /// <param name="clientLeft">Fires when the client hangs up.</param>
    /// <returns>A task that ends when the client has all it will get. It does not fail: failures are told to the client.</returns>
    public async Task RunAsync(Call call, CancellationToken clientLeft)
    {
        // 1. Observe.
        var record = call.Record;
        try
        {
            await ServeAsync(call, clientLeft).ConfigureAwait(false);
        }
        finally
        {
            record.Duration = _engine.Time.GetElapsedTime(record.Started);
            if (record.Outcome == CallOutcome.Running) record.Outcome = CallOutcome.Failed;
            call.Lane?.Dispose();
            _engine.Journal.End(record);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ServeAsync(Call call, CancellationToken clientLeft)
    {
        RungsWithoutModel.CleanHistory(_engine, call);
        if (call.Route.Cache is { } cache && await RungsWithoutModel.TryFreshAsync(_engine, call, cache).ConfigureAwait(false)) return;

        // 2. Deadline: one for the whole chain.
        var deadline = call.Record.Started + (long)(call.UseCase.Deadline.TotalSeconds * _engine.Time.TimestampFrequency);
        call.Model.RetryBudget.Deposit();

        // 3. Ladder: down, target by target, until one answers to the end.
        var walk = new LadderWalk(_engine, call, deadline);
        Failure? last = null;
        Attempt? failed = null;
        try
        {
            while (true)
            {
                if (walk.Next(last) is not { } step)
                {
                    // 4. A rung without a model, where the walk came to one; else the ladder is at its end.
                    if (walk.Aside is not { } rung) break;
                    if (await RungsWithoutModel.TryAnswerAsync(_engine, call, rung).ConfigureAwait(false)) return;
                    continue;
                }

                if (failed is not null) await failed.DisposeAsync().ConfigureAwait(false);
                failed = null;
                if (step.Wait > TimeSpan.Zero && !await WaitAsync(step, clientLeft).ConfigureAwait(false))
                {
                    last = new(FailureKind.ClientLeft, "the client left while waiting to retry");
                    break;
                }

                var attempt = new Attempt(_engine, call, step, Limits(call, walk, deadline), deadline, clientLeft);
                failed = attempt;
                last = await TryAsync(call, walk, step, attempt, deadline).ConfigureAwait(false);
                if (last is null)
                {
                    failed = null;
                    attempt.FinishInBackground();
                    return;
                }

                if (call.Begun && !TakeOver(call, attempt, walk)) break;
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
    private async ValueTask<Failure?> TryAsync(Call call, LadderWalk walk, Step step, Attempt attempt, long deadline)
    {
        var record = call.Record;
        var started = _engine.Time.GetTimestamp();
        var told = new AttemptRecord
        {
            Target = step.Target.Target.Name,
            Provider = step.Target.Target.Provider.Name,
            Rung = walk.RungIndex,
            Continuation = call.Lane is not null,
        };
        record.Add(told);
        var failure = Readable(call, translated: !attempt.PassThrough) ?? attempt.Prepare();
        var verdict = BreakerVerdict.Neutral;
        try
        {
            if (failure is null)
            {
                record.Sent++;
                told.Sent = true;
                failure = await attempt.OpenAsync().ConfigureAwait(false);
            }

            if (failure is null)
            {
                var first = _engine.Time.GetElapsedTime(started);
                step.Target.Target.Learn(first);
                record.FirstContent ??= _engine.Time.GetElapsedTime(record.Started);
                failure = await HandOnAsync(call, walk, attempt).ConfigureAwait(false);
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
            step.Target.Breaker.Report(step.Permit, verdict);
            told.Duration = _engine.Time.GetElapsedTime(started);
            told.Failure = failure;
            told.Usage = attempt.Usage;
            if (attempt.MustForgetLane)
            {
                call.Lane?.Dispose();
                call.Lane = null;
            }

            if (failure is null)
            {
                Succeed(call, walk, step, attempt);
            }
        }
    }

    /// <summary>Whether the request can be read where it must be translated.</summary>
    internal static Failure? Readable(Call call, bool translated)
    {
        if (!translated || call.Conversation is not null) return null;
        try
        {
            // Gemini has the model and the wish for a stream in the path.
            call.Conversation = Wire.Of(call.Request.Protocol).ReadRequest(call.Request.Body.Span) with { Model = call.Request.Model, Stream = call.Request.Stream };
            return null;
        }
        catch (WireFormatException malformed)
        {
            return new(FailureKind.BadRequest, "the request is not what its protocol says") { ToldSensitive = $"{malformed.Path}: {malformed.Message}" };
        }
    }

    /// <summary>The commit point, and everything after it.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<Failure?> HandOnAsync(Call call, LadderWalk walk, Attempt attempt)
    {
        if (call.Request.Stream)
        {
            if (!call.Begun)
            {
                call.Begun = true;
                call.Sink.Begin(Head(call, walk, attempt) with { ContentType = attempt.PassThrough ? null : "text/event-stream; charset=utf-8" });
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
        call.Sink.Begin(Head(call, walk, attempt) with
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
        var answer = attempt.Upstream.ReadAnswer(attempt.Body.Span);
        Wire.Of(call.Request.Protocol).WriteAnswer(answer, AnswerContexts.For(call, attempt.ToolNames), output);
    }

    private static AnswerHead Head(Call call, LadderWalk walk, Attempt attempt) => new()
    {
        Status = 200,
        PassThrough = attempt.PassThrough ? attempt.Reply : null,
        RequestId = call.Record.Id,
        ServedBy = attempt.Target.Target.Name,
        Degraded = walk.Degraded,
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
        if (lane.HasToolCalls || !lane.CanGoOn) return false;
        call.Record.Continued = true;
        return true;
    }

    private void Succeed(Call call, LadderWalk walk, Step step, Attempt attempt)
    {
        var record = call.Record;
        record.Outcome = walk.Degraded ? CallOutcome.Degraded : CallOutcome.Answered;
        record.ServedBy = step.Target.Target.Name;
        record.Usage += attempt.Usage;
        if (call.Cache is { } pass && record is { Outcome: CallOutcome.Answered, Continued: false }) RungsWithoutModel.Keep(_engine, call, pass.Key, attempt);
        if (record.Continued)
        {
            _engine.Journal.Tell(new(_engine.Time.GetUtcNow(), "continued", step.Target.Target.Name, $"a cut answer was continued by {step.Target.Target.Name}"));
        }
    }

    private ClockLimits Limits(Call call, LadderWalk walk, long deadline)
    {
        var now = _engine.Time.GetTimestamp();
        var remaining = _engine.Time.GetElapsedTime(now, Math.Max(deadline, now));
        return ClockLimits.For(call.UseCase, call.Request, remaining, walk.OthersLeft());
    }

    /// <summary>Waits before a retry.</summary>
    /// <returns>False where the client left meanwhile; the breaker's leave is then given back.</returns>
    private async ValueTask<bool> WaitAsync(Step step, CancellationToken clientLeft)
    {
        try
        {
            await Task.Delay(step.Wait, _engine.Time, clientLeft).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (clientLeft.IsCancellationRequested)
        {
            step.Target.Breaker.Report(step.Permit, BreakerVerdict.Neutral);
            return false;
        }
    }
}
