using System.Globalization;
using System.Text;
using Understudy.Calls;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.Wires;

namespace Understudy.Pipeline;

/// <summary>
/// What the client hears when no attempt served it: the upstream's own words where they are its to hear, else an honest
/// error in its protocol, with headers that keep its SDK from multiplying what was already tried.
/// </summary>
internal static class FinalAnswer
{
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(60); // SDKs ignore a longer one

    /// <summary>For last words to a client that may not be reading: the sink takes them, and the call does not stay for it beyond its deadline.</summary>
    private static readonly CancellationToken WithoutWaiting = new(canceled: true);

    /// <summary>Ends the call.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="call">The call.</param>
    /// <param name="last">How the last attempt failed; null where none was sent.</param>
    /// <param name="attempt">The last attempt, for its body; null where none was made.</param>
    public static async ValueTask SendAsync(Engine engine, Call call, Failure? last, Attempt? attempt)
    {
        var record = call.Record;
        record.Failure = last ?? WhyNobody(call);
        record.Outcome = record.Failure.Kind switch
        {
            FailureKind.BadRequest => CallOutcome.ClientError,
            _ when call.IsReplay && record.Failure.Traits.Side != FailureSide.Client => CallOutcome.Deferred, // nobody is told: it is tried again
            FailureKind.BudgetSpent or FailureKind.Dropped when !call.Begun => CallOutcome.Refused,
            _ => record.Failure.Traits.Side == FailureSide.Client ? CallOutcome.Cancelled : CallOutcome.Failed,
        };

        if (record.Outcome == CallOutcome.Cancelled) return;
        if (call.Begun)
        {
            await EndBrokenAsync(call, record.Failure).ConfigureAwait(false);
        }
        else if (call.Announced)
        {
            await TellInStreamAsync(engine, call, record.Failure).ConfigureAwait(false);
        }
        else if (call.Request.Operation == CallOperation.CountTokens && record.Outcome == CallOutcome.Failed)
        {
            await EstimateTokensAsync(call).ConfigureAwait(false);
        }
        else if (attempt is { PassThrough: true, Status: >= 400 and not (401 or 402 or 403) } && last is not null && MayHear(call, last, attempt))
        {
            await PassErrorAsync(engine, call, last, attempt).ConfigureAwait(false);
        }
        else
        {
            await TellAsync(engine, call, record.Failure, attempt).ConfigureAwait(false);
        }
    }

    /// <summary>Nobody could be called: a key that everybody rejects is told as such, for to wait does not mend it.</summary>
    private static Failure WhyNobody(Call call) =>
        call.Record.Attempts is [.., { Failure: { Kind: FailureKind.KeyRejected } rejected }] attempts && attempts.All(attempt => attempt.Failure?.Kind == FailureKind.KeyRejected)
            ? rejected
            : new(FailureKind.BreakerOpen, "no target could be called");

    /// <summary>The upstream's own error goes out unchanged where nobody else was asked: clients match its wording.</summary>
    private static bool MayHear(Call call, Failure last, Attempt attempt) =>
        last.Kind == FailureKind.BadRequest
        || (last.Traits.Stage == FailureStage.Headers && last.Kind != FailureKind.QuotaExhausted
            && call.Record.Attempts.All(other => other.Target == attempt.Target.Target.Name));

    private static async ValueTask PassErrorAsync(Engine engine, Call call, Failure last, Attempt attempt)
    {
        var again = last.Kind == FailureKind.BadRequest ? (TimeSpan?)null : RetryAfter(engine, call, last);
        call.Sink.Begin(new()
        {
            Status = attempt.Status,
            PassThrough = attempt.Reply,
            ContentLength = attempt.Body.Length,
            RequestId = call.Record.Id,
            Attempts = call.Record.Sent,
            RetryAfter = again,
            DoNotRetry = true,
        });
        await call.Sink.WriteAsync(attempt.Body, CancellationToken.None).ConfigureAwait(false);
    }

    private static async ValueTask TellAsync(Engine engine, Call call, Failure failure, Attempt? attempt)
    {
        var error = Error(engine, call, failure, attempt);
        var again = error.RetryAfter;
        using var body = new PooledBuffer();
        var status = Wire.Of(call.Request.Protocol).WriteError(error, body);
        call.Sink.Begin(new()
        {
            Status = status,
            ContentType = "application/json",
            ContentLength = body.Length,
            RequestId = call.Record.Id,
            Attempts = call.Record.Sent,
            RetryAfter = again,
            // Where nothing was sent a later retry costs nothing and may help; where everything was tried it only adds load.
            // And where it helps only after longer than any SDK waits, it must not be tried at once.
            DoNotRetry = call.Record.Sent > 0 || again is null || again > LongestRetryAfter,
        });
        await call.Sink.WriteAsync(body.Written, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>The stream has begun with signs of life, and nothing came: its status can't be told any more, the error can.</summary>
    private static async ValueTask TellInStreamAsync(Engine engine, Call call, Failure failure)
    {
        using var output = new PooledBuffer();
        var error = Error(engine, call, failure, attempt: null);
        var writer = Wire.Of(call.Request.Protocol).NewStreamWriter(AnswerContexts.For(call, toolNames: null), output);
        // The library's helper wants its opening event before anything else.
        if (call.Request.Protocol == WireProtocol.OpenAIResponses) writer.Start(null, null);
        writer.Error(error);
        await call.Sink.WriteAsync(output.Written, CancellationToken.None).ConfigureAwait(false);
        if (error.IsOpenAIDotNet && call.Request.Protocol == WireProtocol.OpenAIChat) call.Sink.Abort(); // see EndBrokenAsync
    }

    private static ClientError Error(Engine engine, Call call, Failure failure, Attempt? attempt)
    {
        // A budget's window turns when it turns: no breaker's mind changes that.
        var again = failure.Kind == FailureKind.BudgetSpent ? failure.RetryAfter
            : MayHelpLater(failure) ? RetryAfter(engine, call, failure)
            : null;
        var said = failure.ToldSensitive ?? UpstreamSaid(call, failure, attempt) ?? Story(call);
        return new(Cause(failure), said, call.Record.Id, again) { UserAgent = UserAgent(call.Request) };
    }

    /// <summary>After the first content: whole tool calls and a whole document make a lawful end; anything else ends in the protocol's own error, never in a false end.</summary>
    private static async ValueTask EndBrokenAsync(Call call, Failure failure)
    {
        if (!call.Request.Stream || call.Lane is not { } lane)
        {
            call.Sink.Abort();
            return;
        }

        if (lane.HasToolCalls)
        {
            call.Record.Outcome = CallOutcome.Degraded;
            await call.Sink.WriteAsync(lane.EndAsItStands(), WithoutWaiting).ConfigureAwait(false);
            return;
        }

        if (call.Conversation?.Output is not null && lane.HasWholeDocument)
        {
            call.Record.Outcome = CallOutcome.Answered;
            call.Record.ServedBy = call.Record.Attempts.LastOrDefault(told => told.Sent)?.Target;
            await call.Sink.WriteAsync(lane.EndAsItStands(), WithoutWaiting).ConfigureAwait(false);
            return;
        }

        var error = new ClientError(ClientErrorCause.Interrupted, Story(call), call.Record.Id) { UserAgent = UserAgent(call.Request) };
        var frame = lane.EndWithError(error);
        await call.Sink.WriteAsync(frame, WithoutWaiting).ConfigureAwait(false);
        // OpenAI's .NET SDK swallows errors inside a stream: only a broken connection tells it that the answer is not whole.
        if (error.IsOpenAIDotNet && call.Request.Protocol == WireProtocol.OpenAIChat) call.Sink.Abort();
    }

    private static string? UserAgent(CallRequest request) => request.Header("user-agent");

    private static async ValueTask EstimateTokensAsync(Call call)
    {
        var tokens = Math.Max(call.Request.EstimatedInputTokens, 1).ToString(CultureInfo.InvariantCulture);
        var body = Encoding.ASCII.GetBytes(call.Request.Protocol switch
        {
            WireProtocol.AnthropicMessages or WireProtocol.InProcess => $$"""{"input_tokens":{{tokens}}}""",
            WireProtocol.OpenAIChat or WireProtocol.OpenAIResponses => $$"""{"object":"response.input_tokens","input_tokens":{{tokens}}}""",
            WireProtocol.Gemini => $$"""{"totalTokens":{{tokens}}}""",
        });
        call.Record.Outcome = CallOutcome.Degraded;
        call.Sink.Begin(new()
        {
            Status = 200,
            ContentType = "application/json",
            ContentLength = body.Length,
            RequestId = call.Record.Id,
            ServedBy = "estimate",
            Degraded = true,
            Attempts = call.Record.Sent,
        });
        await call.Sink.WriteAsync(body, CancellationToken.None).ConfigureAwait(false);
    }

    private static ClientErrorCause Cause(Failure failure) => failure.Kind switch
    {
        FailureKind.BadRequest or FailureKind.TranslationRefused or FailureKind.TargetNotAble => ClientErrorCause.BadRequest,
        FailureKind.KeyRejected or FailureKind.QuotaExhausted => ClientErrorCause.UpstreamKeys,
        // A minute's budget is a rate limit; a day's is an account without money.
        FailureKind.BudgetSpent => failure.RetryAfter <= LongestRetryAfter ? ClientErrorCause.RateLimited : ClientErrorCause.BudgetSpent,
        FailureKind.DeadlineSpent or FailureKind.FirstTokenTimeout or FailureKind.Stalled or FailureKind.ConnectTimeout => ClientErrorCause.Timeout,
        FailureKind.ClientLeft or FailureKind.HedgeLost => ClientErrorCause.Internal,
        FailureKind.Dropped => ClientErrorCause.Declined,
        FailureKind.ProviderBudgetSpent or FailureKind.QuotaLow or FailureKind.BreakerOpen or FailureKind.Recovering or FailureKind.FalseRefusal or FailureKind.Killed or FailureKind.BrokenOff or FailureKind.Saturated or FailureKind.ConnectFailed
            or FailureKind.ConnectionReset or FailureKind.ConnectionStale or FailureKind.RateLimited or FailureKind.Overloaded or FailureKind.ProviderError
            or FailureKind.Redirected or FailureKind.Garbage or FailureKind.EmptyAnswer or FailureKind.ErrorInStream
            or FailureKind.CutShort or FailureKind.NotContinued => ClientErrorCause.Overloaded,
    };

    private static bool MayHelpLater(Failure failure) =>
        Cause(failure) is ClientErrorCause.Overloaded or ClientErrorCause.Timeout;

    private static string? UpstreamSaid(Call call, Failure failure, Attempt? attempt) =>
        failure.Kind is FailureKind.BadRequest or FailureKind.TranslationRefused ? attempt?.Error?.Message
        : failure.Kind == FailureKind.TargetNotAble ? failure.Reason
        : failure.Kind == FailureKind.BudgetSpent ? $"The budget is spent: {failure.Reason}. Request {call.Record.Id}"
        : null;

    /// <summary>What was tried, in one line: names and kinds, nothing of content.</summary>
    private static string Story(Call call)
    {
        var story = new StringBuilder("No model could answer. ");
        foreach (var group in call.Record.Attempts.Where(attempt => attempt.Failure is not null).GroupBy(attempt => (attempt.Target, attempt.Failure!.Kind, attempt.Failure.Status)))
        {
            story.Append(CultureInfo.InvariantCulture, $"{group.Key.Target}: {FailureWords.Of(group.Key.Kind)}");
            if (group.Key.Status != 0) story.Append(CultureInfo.InvariantCulture, $" ({group.Key.Status})");
            if (group.Count() > 1) story.Append(CultureInfo.InvariantCulture, $" ×{group.Count()}");
            story.Append("; ");
        }

        return story.Append("request ").Append(call.Record.Id).ToString();
    }

    /// <summary>When a retry may help: when the first breaker lets a call through, or when the provider said.</summary>
    private static TimeSpan RetryAfter(Engine engine, Call call, Failure failure)
    {
        var soonest = LongestRetryAfter;
        foreach (var target in call.Route.Rungs.SelectMany(rung => rung.Targets))
        {
            var open = engine.Targets.Of(target, call.Model.Policy.Breaker).Breaker.OpenFor;
            if (open < soonest) soonest = open;
        }

        if (failure.RetryAfter is { } asked && asked > soonest) soonest = asked;
        var least = TimeSpan.FromSeconds(1);
        return soonest < least ? least : soonest > LongestRetryAfter ? LongestRetryAfter : soonest;
    }
}
