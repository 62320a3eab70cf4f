using System.Diagnostics;
using Understudy.Configuration;
using Understudy.Failures;
using Understudy.Observation;
using Understudy.Pipeline;

namespace Understudy.Hosting.Telemetry;

/// <summary>
/// The spans of calls: one a request, below it one a rung, below that one an attempt. The request's span is begun with
/// the call, for its id goes upstream; everything else is made of the record when the call has ended, with the times that
/// were, on another thread.
/// </summary>
internal sealed class CallSpans : IAsyncDisposable
{
    /// <summary>The name of the source.</summary>
    public const string SourceName = "Understudy";

    private readonly Engine _engine;
    private readonly TargetLabels _labels;
    private readonly ActivitySource _source = new(SourceName, typeof(CallSpans).Assembly.GetName().Version?.ToString(3));
    private readonly Handoff<CallRecord> _ended;

    /// <summary>Makes spans of the calls of <paramref name="engine"/>.</summary>
    public CallSpans(Engine engine, TargetLabels labels)
    {
        _engine = engine;
        _labels = labels;
        _ended = new(engine.Time, Finish);
        engine.Journal.CallEnded += HandOn;
    }

    /// <summary>Begins the span of a request, below the client's own where it sent one.</summary>
    /// <returns>The span; null where nobody listens. Its <see cref="Activity.Id"/> is the <c>traceparent</c> to send on.</returns>
    public Activity? Begin(string? traceParent, string? traceState, DateTimeOffset at)
    {
        ActivityContext.TryParse(traceParent, traceState, isRemote: true, out var parent);
        return Begin(ActivityKind.Server, parent, at);
    }

    /// <summary>Begins the span of a call that a program in this process makes, below the one that it is in.</summary>
    /// <returns>The span; null where nobody listens.</returns>
    public Activity? Begin(DateTimeOffset at) => Begin(ActivityKind.Internal, Activity.Current?.Context ?? default, at);

    private Activity? Begin(ActivityKind kind, ActivityContext parent, DateTimeOffset at)
    {
        var before = Activity.Current;
        var span = _source.StartActivity("chat", kind, parent, startTime: at);
        Activity.Current = before; // it goes with the record, not with the thread
        return span;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _engine.Journal.CallEnded -= HandOn;
        await _ended.DisposeAsync().ConfigureAwait(false);
        _source.Dispose();
    }

    private void HandOn(CallRecord call)
    {
        if (call.Span is not null) _ended.Give(call);
    }

    private void Finish(CallRecord call)
    {
        var span = call.Span!;
        if (span.IsAllDataRequested)
        {
            Describe(span, call);
            var policy = _engine.Model.Policy;
            for (var i = 0; i < call.Attempts.Count;)
            {
                var count = 1;
                while (i + count < call.Attempts.Count && call.Attempts[i + count].Rung == call.Attempts[i].Rung) count++;
                Rung(span.Context, policy, call, i, count);
                i += count;
            }
        }

        span.SetEndTime((call.StartedAt + call.Duration).UtcDateTime);
        span.Stop();
    }

    private void Describe(Activity span, CallRecord call)
    {
        var model = SafeNames.AskedModel(call);
        var operation = GenAI.Operation(call.Protocol);
        span.DisplayName = model is null ? operation : $"{operation} {model}";
        span.SetTag(GenAI.OperationName, operation);
        span.SetTag(GenAI.RequestModel, model);
        span.SetTag(GenAI.RequestStream, call.Stream);
        if (call is { Stream: true, FirstContent: { } first }) span.SetTag(GenAI.TimeToFirstChunk, first.TotalSeconds);
        span.SetTag("understudy.request_id", call.Id);
        span.SetTag("understudy.client", call.Client);
        span.SetTag("understudy.route", call.Route);
        span.SetTag("understudy.use_case", call.UseCase);
        span.SetTag("understudy.outcome", Words.Of(call.Outcome));
        span.SetTag("understudy.served_by", _labels.ServedBy(call));
        span.SetTag("understudy.attempts", call.Sent);
        if (call.Continued) span.SetTag("understudy.continued", true);
        // A client's mistake is no error of a server's span; a call that was not answered is.
        if (call is { Outcome: CallOutcome.Failed, Failure: { } failure }) Fail(span, failure, call.StartedAt + call.Duration);
    }

    private void Rung(ActivityContext parent, Policy policy, CallRecord call, int from, int count)
    {
        var first = call.Attempts[from];
        var last = call.Attempts[from + count - 1];
        using var rung = _source.StartActivity("rung", ActivityKind.Internal, parent, startTime: At(call, first));
        if (rung is null) return;
        rung.DisplayName = $"rung {first.Rung + 1}";
        rung.SetTag("understudy.rung", first.Rung + 1);
        for (var i = from; i < from + count; i++)
        {
            var attempt = call.Attempts[i];
            var label = _labels.Of(attempt.Provider, attempt.Target);
            if (attempt.Sent)
            {
                Attempt(rung.Context, policy, call, attempt, label);
            }
            else
            {
                rung.AddEvent(new("passed over", At(call, attempt), new()
                {
                    ["understudy.target"] = label.Target,
                    [GenAI.ErrorType] = attempt.Failure is { } why ? Words.Of(why.Kind) : null,
                }));
            }
        }

        rung.SetEndTime((At(call, last) + last.Duration).UtcDateTime);
    }

    private void Attempt(ActivityContext parent, Policy policy, CallRecord call, AttemptRecord attempt, TargetLabel label)
    {
        var at = At(call, attempt);
        using var span = _source.StartActivity("attempt", ActivityKind.Client, parent, startTime: at);
        if (span is null) return;
        if (policy.Providers.FirstOrDefault(provider => provider.Name == attempt.Provider) is { } provider)
        {
            var operation = GenAI.Operation(provider.Protocol);
            span.DisplayName = $"{operation} {label.Model}";
            span.SetTag(GenAI.OperationName, operation);
            span.SetTag(GenAI.ProviderName, GenAI.MakerOf(provider));
            span.SetTag("server.address", provider.BaseUrl.Host);
            span.SetTag("server.port", provider.BaseUrl.Port);
        }

        span.SetTag(GenAI.RequestModel, label.Model);
        span.SetTag("understudy.provider", label.Provider);
        if (attempt.Continuation) span.SetTag("understudy.continuation", true);
        if (attempt.Waited > TimeSpan.Zero) span.SetTag("understudy.backoff_seconds", attempt.Waited.TotalSeconds);
        var usage = attempt.Usage;
        if (!usage.IsUnknown)
        {
            span.SetTag(GenAI.ResponseModel, label.Model);
            span.SetTag(GenAI.InputTokens, usage.Input);
            span.SetTag(GenAI.OutputTokens, usage.Output);
            if (usage.CacheRead > 0) span.SetTag(GenAI.CacheReadTokens, usage.CacheRead);
            if (usage.CacheWrite > 0) span.SetTag(GenAI.CacheCreationTokens, usage.CacheWrite);
            if (usage.Reasoning > 0) span.SetTag(GenAI.ReasoningTokens, usage.Reasoning);
        }

        if (attempt.Failure is { } failure) Fail(span, failure, at + attempt.Duration);
        span.SetEndTime((at + attempt.Duration).UtcDateTime);
    }

    /// <summary>Failures are values here and no exceptions, but it is as exceptions that tracing tools show them.</summary>
    private static void Fail(Activity span, Failure failure, DateTimeOffset at)
    {
        var type = Words.Of(failure.Kind);
        span.SetStatus(ActivityStatusCode.Error, FailureWords.Of(failure.Kind));
        span.SetTag(GenAI.ErrorType, type);
        if (failure.Status != 0) span.SetTag("http.response.status_code", failure.Status);
        span.AddEvent(new("exception", at, new() { ["exception.type"] = type, ["exception.message"] = failure.Reason }));
    }

    private DateTimeOffset At(CallRecord call, AttemptRecord attempt) => call.StartedAt + _engine.Time.GetElapsedTime(call.Started, attempt.Started);
}
